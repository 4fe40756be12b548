"""Stored cells: what one arm did on one problem with one seed, one small JSON file each.

A cell is written whole, and computed again only if that is asked for; it says which version of its
arm made it, so that those of an earlier version are known.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

TRAININGS = 100  # that an arm has
MOST_DISPATCHED = 6  # of these for each training, then it ends: the others ended at their probe
PROTOCOL = "2"  # part of each version; another one makes all cells stale


@dataclass(frozen=True)
class Attempt:
    """One dispatched candidate.

    Attributes:
        loss: None if it was not trained to an end.
        feasible: whether all limits hold.
        trained: False if the probe ended it, or only a probe was asked for.
        wanted: False if only a probe was asked for.
        suggest_s: wall seconds that its suggestion took, what was told before it included.
        now_s: virtual seconds of probes and trainings until its end.
    """

    loss: float | None
    feasible: bool
    trained: bool
    wanted: bool
    suggest_s: float
    now_s: float


@dataclass(frozen=True)
class Cell:
    """One arm on one problem with one seed.

    Attributes:
        problem: its name.
        arm: its name.
        seed: of the arm.
        version: of what made it.
        probes: untrained candidates that were measured before the first attempt.
        attempts: all that was dispatched after these, in order.
        ended: why there are fewer trainings than were asked for; empty if there are not.
    """

    problem: str
    arm: str
    seed: int
    version: str
    probes: int
    attempts: tuple[Attempt, ...]
    ended: str = ""


class Cells:
    """A folder of cells.

    Attributes:
        folder: where they are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, problem: str, arm: str, seed: int) -> Path:
        """Of one cell, there or not."""
        return self.folder / problem / arm / f"{seed}.json"

    def write(self, cell: Cell) -> None:
        """Store a cell, all of it or nothing."""
        path = self.path(cell.problem, cell.arm, cell.seed)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}.draft")
        draft.write_text(json.dumps(asdict(cell), separators=(",", ":")))
        draft.replace(path)

    def read(self, problem: str, arm: str, seed: int) -> Cell:
        """A stored cell."""
        return _parse(self.path(problem, arm, seed))

    def all(self) -> Iterator[Cell]:
        """Every stored cell, in the order of names."""
        for path in sorted(self.folder.glob("*/*/*.json")):
            yield _parse(path)


def _parse(path: Path) -> Cell:
    plain = json.loads(path.read_text())
    return Cell(**{**plain, "attempts": tuple(Attempt(**row) for row in plain["attempts"])})
