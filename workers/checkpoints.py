"""The files a training leaves behind: its last two epochs, and the best weights so far.

    <folder>/<trial_id>/epoch-3.pt   to go on from: weights, optimiser, epoch, best error
    <folder>/<trial_id>/best.pt      weights alone, of the lowest validation error

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

KEPT = 2  # if the machine dies while the last is written, there is still one before


@dataclass(frozen=True)
class Resumed:
    """Where a training goes on: after `epoch` (0: from the start), with the best error so far."""

    epoch: int
    best_error: float


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
        self, epoch: int, network: nn.Module, optimizer: torch.optim.Optimizer, best_error: float
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
            "best_error": best_error,
        }
        _write(self._epoch_path(epoch), content)
        for old in self._home.glob("epoch-*.pt"):
            if not epoch - KEPT < _epoch_of(old) <= epoch:
                old.unlink(missing_ok=True)
        return f"{self.trial_id}/{self._epoch_path(epoch).name}"

    def save_best(self, network: nn.Module) -> None:
        """Keep the weights as the best so far."""
        _write(self._home / "best.pt", network.state_dict())

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
        return Resumed(content["epoch"], content["best_error"])

    @property
    def _home(self) -> Path:
        return self.folder / self.trial_id

    def _epoch_path(self, epoch: int) -> Path:
        return self._home / f"epoch-{epoch}.pt"


def load_weights(path: Path, network: nn.Module) -> None:
    """Give a network the weights of a `best.pt`.

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
    return int(path.stem.removeprefix("epoch-"))


def _device_of(network: nn.Module) -> torch.device:
    return next(network.parameters()).device
