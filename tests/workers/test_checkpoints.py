from pathlib import Path

import pytest
import torch
from torch import nn

from hyperwatt.workers.checkpoints import KEPT, Checkpoints, Resumed, load_weights

pytestmark = pytest.mark.slow  # the first optimiser step imports torch._dynamo


def trained(steps: int = 2) -> tuple[nn.Module, torch.optim.Optimizer]:
    network = nn.Linear(3, 2)
    optimizer = torch.optim.Adam(network.parameters())
    for _ in range(steps):
        network(torch.ones(1, 3)).sum().backward()
        optimizer.step()
    return network, optimizer


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_an_epoch_comes_back_with_its_optimiser(tmp_path: Path) -> None:
    network, optimizer = trained()
    checkpoints = Checkpoints(tmp_path, "t0001")

    path = checkpoints.save(3, network, optimizer, best=0.25)
    other, other_optimizer = trained(steps=0)

    assert path == "t0001/epoch-3.pt"
    assert checkpoints.resume(3, other, other_optimizer) == Resumed(3, 0.25)
    assert torch.equal(other.weight, network.weight)
    assert other_optimizer.state_dict()["state"][0]["step"] == 2


def test_the_last_epochs_and_the_last_bests_are_kept(tmp_path: Path) -> None:
    network, optimizer = trained()
    checkpoints = Checkpoints(tmp_path, "t")
    checkpoints.save_best(2, network)
    for epoch in range(1, 12):
        checkpoints.save(epoch, network, optimizer, 0.5)

    last = {f"epoch-{epoch}.pt" for epoch in range(12 - KEPT, 12)}
    assert names(tmp_path / "t") == {*last, "best-2.pt"}


def test_starting_over_forgets_later_epochs(tmp_path: Path) -> None:
    network, optimizer = trained()
    checkpoints = Checkpoints(tmp_path, "t")
    for epoch in (8, 9, 1):
        checkpoints.save(epoch, network, optimizer, 0.5)

    assert names(tmp_path / "t") == {"epoch-1.pt"}


@pytest.mark.parametrize("left", [0, 10, 600])
def test_a_cut_off_file_means_from_the_start(tmp_path: Path, left: int) -> None:
    network, optimizer = trained()
    checkpoints = Checkpoints(tmp_path, "t")
    path = tmp_path / checkpoints.save(1, network, optimizer, 0.5)
    path.write_bytes(path.read_bytes()[:left])

    assert checkpoints.resume(1, network, optimizer).epoch == 0


def test_a_missing_file_means_from_the_start(tmp_path: Path) -> None:
    assert Checkpoints(tmp_path, "t").resume(4, *trained()).epoch == 0


def test_the_best_weights_come_back(tmp_path: Path) -> None:
    network, _ = trained()
    other, _ = trained()
    Checkpoints(tmp_path, "t").save_best(3, network)

    load_weights(tmp_path / "t" / "best-3.pt", other)

    assert torch.equal(other.weight, network.weight)
