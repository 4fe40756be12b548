import copy
from itertools import pairwise

import pytest
import torch
from torch import nn

from hyperwatt.workers.meters.devices import meters_for
from hyperwatt.workers.meters.protocol import Window
from hyperwatt.workers.probe import Probe, first_images, held_bytes
from hyperwatt.workers.splits import Part
from hyperwatt.workers.training_parameters import TrainingParameters

QUICK = Window(0.005, 0.02, 0.1)
PART = Part(torch.randn(50, 1, 8, 8), torch.arange(50) % 10)

pytestmark = pytest.mark.slow  # the first optimiser step imports torch._dynamo


def probe_of(network: nn.Module, batch: int = 1, **config: object) -> Probe:
    parameters = TrainingParameters.of(config, batch_size=4)
    inference, training = (first_images(PART, n) for n in (batch, parameters.batch_size))
    return Probe(network, parameters, inference, training, meters_for("cpu"))


def bytes_of(network: nn.Module, metric: str, **kwargs: object) -> float:
    return probe_of(network, **kwargs).measure([metric], QUICK)[metric].value  # type: ignore[arg-type]


def mlp(*hidden: int) -> nn.Module:
    widths = [64, *hidden]
    layers = [nn.Linear(a, b) for a, b in pairwise(widths)]
    return nn.Sequential(nn.Flatten(), *layers, nn.Linear(widths[-1], 10))


def test_memory_is_exactly_weights_input_and_the_largest_activations() -> None:
    network = mlp(1000, 30)
    weights = 4 * sum(p.numel() for p in network.parameters())

    # the input, and a layer's input and output at once; the first layer's input is the image
    assert bytes_of(network, "memory_bytes", batch=3) == weights + 4 * 3 * (64 + 1000 + 30)


@pytest.mark.parametrize(("optimizer", "copies"), [("sgd", 1), ("adam", 2)])
def test_training_memory_holds_gradients_and_the_optimisers_state(
    optimizer: str, copies: int
) -> None:
    network = mlp(1000)
    weights = 4 * sum(p.numel() for p in network.parameters())

    measured = bytes_of(network, "train_memory_bytes", optimizer=optimizer)

    # weights, gradients, state; what is left is activations and the optimiser's temporaries
    assert measured >= (2 + copies) * weights
    assert measured <= (2 + copies) * weights + 3 * weights


def test_memory_does_not_depend_on_how_often_it_is_measured() -> None:
    probe = probe_of(mlp(200))
    for metric in ("memory_bytes", "train_memory_bytes"):
        values = {probe.measure([metric], QUICK)[metric].value for _ in range(3)}

        assert len(values) == 1


@pytest.mark.parametrize("metric", ["latency_s", "memory_bytes", "train_latency_s"])
@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_a_probe_leaves_no_trace(metric: str, optimizer: str) -> None:
    network = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout(0.5), nn.Flatten(), nn.Linear(72, 10)
    )
    before = copy.deepcopy(network.state_dict())
    random = torch.random.get_rng_state()

    probe_of(network, optimizer=optimizer, weight_decay=0.1).measure([metric], QUICK)

    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(parameter.grad is None for parameter in network.parameters())
    assert network.training
    assert torch.equal(torch.random.get_rng_state(), random)


def test_a_sample_is_real_images_and_does_not_hold_the_rest() -> None:
    sample = first_images(PART, 60)

    assert torch.equal(sample.x[:50], PART.x)
    assert torch.equal(sample.x[50:], PART.x[:10])
    assert held_bytes([first_images(PART, 1).x]) == 4 * 64


def test_shared_memory_counts_once() -> None:
    tensor = torch.ones(10)

    assert held_bytes([tensor, tensor[:5], tensor.view(2, 5)]) == 40
