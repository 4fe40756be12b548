import pytest
import torch
from torch import nn

from hyperwatt.constraints.errors import NetworkError
from hyperwatt.workers.splits import Part
from hyperwatt.workers.training import EpochResult, evaluate, make_optimizer, train_epoch
from hyperwatt.workers.training_parameters import TRAINING_PARAMETERS, TrainingParameters

pytestmark = pytest.mark.slow  # the first optimiser step imports torch._dynamo


def two_clouds(n: int, seed: int) -> Part:
    generator = torch.Generator().manual_seed(seed)
    y = torch.arange(n) % 2
    x = torch.randn(n, 1, 2, 2, generator=generator) + (y * 4.0 - 2.0).view(-1, 1, 1, 1)
    return Part(x, y)


TRAIN, VALIDATION = two_clouds(100, 0), two_clouds(50, 1)


def fresh(**config: object) -> tuple[nn.Module, torch.optim.Optimizer, TrainingParameters]:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Dropout(0.1), nn.Linear(4, 2))
    parameters = TrainingParameters.of(config, batch_size=16)
    return network, make_optimizer(network, parameters), parameters


def run(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    parameters: TrainingParameters,
    epochs: range,
) -> list[EpochResult]:
    return [
        train_epoch(
            network,
            optimizer,
            parameters,
            train=TRAIN,
            validation=VALIDATION,
            seed=7,
            epoch=epoch,
        )
        for epoch in epochs
    ]


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "adamw"])
def test_what_can_be_learned_is_learned(optimizer: str) -> None:
    results = run(*fresh(optimizer=optimizer, learning_rate=0.05), range(1, 6))

    assert results[-1].error < 0.1
    assert results[-1].loss < results[0].loss


def test_a_resumed_training_goes_on_as_the_uninterrupted_one() -> None:
    whole = fresh()
    run(*whole, range(1, 5))
    first = fresh()
    run(*first, range(1, 3))
    torch.rand(10)  # others may have used torch's random numbers in between
    run(*first, range(3, 5))

    for ours, theirs in zip(first[0].parameters(), whole[0].parameters(), strict=True):
        assert torch.equal(ours, theirs)


def test_the_device_can_be_taken_at_every_step() -> None:
    network, optimizer, parameters = fresh()
    calls: list[int] = []
    train_epoch(
        network,
        optimizer,
        parameters,
        train=TRAIN,
        validation=VALIDATION,
        seed=0,
        epoch=1,
        at_step=lambda: calls.append(1),
    )

    assert len(calls) == 7 + 1  # batches of training, and one of evaluation


def test_evaluation_counts_wrong_answers() -> None:
    class Always(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.tensor([[1.0, 0.0]]).expand(len(x), 2)

    error, loss = evaluate(Always(), Part(torch.zeros(4, 1), torch.tensor([0, 1, 1, 1])))

    assert error == 0.75
    assert loss == pytest.approx((0.31326 + 3 * 1.31326) / 4, abs=1e-4)


def test_evaluation_does_not_depend_on_the_size_of_its_batches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = fresh()[0]
    at_once = evaluate(network, VALIDATION)
    monkeypatch.setattr("hyperwatt.workers.training.EVALUATION_BATCH", 7)

    assert evaluate(network, VALIDATION) == pytest.approx(at_once)


def test_an_unset_parameter_has_its_default_and_the_batch_size_the_sweeps() -> None:
    parameters = TrainingParameters.of({"momentum": 0.5}, batch_size=32)

    assert (parameters.momentum, parameters.batch_size) == (0.5, 32)
    assert parameters.learning_rate == TRAINING_PARAMETERS["learning_rate"]


def test_an_unknown_optimizer_is_named() -> None:
    with pytest.raises(NetworkError, match="no `optimizer` 'adm'; did you mean 'adam'"):
        TrainingParameters.of({"optimizer": "adm"}, batch_size=1)
