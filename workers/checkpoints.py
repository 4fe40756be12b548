"""The files a training leaves behind: its last epochs, and the best weights so far.

    <folder>/<trial_id>/epoch-3.pt   to go on from: weights, optimiser, epoch, best value
    <folder>/<trial_id>/best-2.pt    weights alone, of the best epoch so far

Each is written whole or not at all, and nothing in it is executed when it is read.
"""

from __future__ import annotations

import os
import pickle
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

# A training works ahead of the driver's journal: one message in its pipe, one on its way through
# Ray, one being computed. The epoch that the journal knows last is kept beside them.
KEPT = 4


@dataclass(frozen=True)
class Resumed:
    """Where a training goes on: after `epoch` (0: from the start), with the best value so far."""

    epoch: int
    best: float


@dataclass(frozen=True)
class Checkpoints:
    """The files of one trial.

    Attributes:
        folder: of all trials.
        trial_id: whose.
    """

    folder: Path
    trial_id: str

    def save(
        self, epoch: int, network: nn.Module, optimizer: torch.optim.Optimizer, best: float
    ) -> str:
        """Keep an epoch, and forget those before the last.

        Returns:
            The file's path below `folder`.

        Side effects:
            Makes the trial's folder; deletes epochs that are no longer kept.
        """
        content = {
            "network": network.state_dict(),
            "optimizer": optimizer.state_dict(),
            "epoch": epoch,
            "best": best,
        }
        _write(self._epoch_path(epoch), content)
        self._forget("epoch", epoch)
        return f"{self.trial_id}/{self._epoch_path(epoch).name}"

    def save_best(self, epoch: int, network: nn.Module) -> None:
        """Keep the weights as the best so far, and forget the best before the last few."""
        _write(self._home / f"best-{epoch}.pt", network.state_dict())
        self._forget("best", epoch)

    def resume(self, epoch: int, network: nn.Module, optimizer: torch.optim.Optimizer) -> Resumed:
        """Go back to the end of an epoch; a missing or damaged file means from the start.

        Args:
            epoch: to go on after.
            network: gets the weights.
            optimizer: gets its state.
        """
        content = _read(self._epoch_path(epoch), network) if epoch else None
        if content is None:
            return Resumed(0, float("inf"))
        network.load_state_dict(content["network"])
        optimizer.load_state_dict(content["optimizer"])
        return Resumed(content["epoch"], content["best"])

    def _forget(self, kind: str, epoch: int) -> None:
        """Delete all but the newest files of a kind; later epochs are of a training begun anew."""
        files = sorted(self._home.glob(f"{kind}-*.pt"), key=_epoch_of)
        past = [path for path in files if _epoch_of(path) <= epoch]
        for old in [*past[:-KEPT], *files[len(past) :]]:
            old.unlink(missing_ok=True)

    @property
    def _home(self) -> Path:
        return self.folder / self.trial_id

    def _epoch_path(self, epoch: int) -> Path:
        return self._home / f"epoch-{epoch}.pt"


def load_weights(path: Path, network: nn.Module) -> None:
    """Give a network the weights of a best epoch.

    Raises:
        FileNotFoundError: if there is no such file.
        RuntimeError: if they are of another network.
    """
    network.load_state_dict(torch.load(path, map_location=_device_of(network), weights_only=True))


def _write(path: Path, content: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    with partial.open("wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, path)


def _read(path: Path, network: nn.Module) -> dict[str, Any] | None:
    try:
        content = torch.load(path, map_location=_device_of(network), weights_only=True)
    except (OSError, RuntimeError, EOFError, pickle.UnpicklingError, zipfile.BadZipFile):
        return None
    whole = isinstance(content, dict) and {"network", "optimizer", "epoch"} <= content.keys()
    return content if whole else None


def _epoch_of(path: Path) -> int:
    return int(path.stem.partition("-")[2])


def _device_of(network: nn.Module) -> torch.device:
    return next(network.parameters()).device
