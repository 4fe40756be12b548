"""What a chunk of the check is: pieces that are run one by one, and what they show together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from hyperwatt.constraints.metrics import METRICS
from hyperwatt.constraints.units import format_quantity
from hyperwatt.workers.meters.protocol import Window

from .record import Record

WINDOW = Window(0.5, 5.0, 0.01)  # power's is longer, as its sensor asks
QUICK_WINDOW = Window(0.02, 0.1, 0.05)


@dataclass(frozen=True)
class Bench:
    """Where the check runs, and what is known so far.

    Attributes:
        device: `cuda`, `cpu` or `simulated:<name>`.
        quick: whether everything is small, so that it can be tried without a GPU.
        record: of all pieces.
        scratch: folder for files that can be made anew.
        facts: of the device (see `device_facts.py`).
    """

    device: str
    quick: bool
    record: Record
    scratch: Path
    facts: Mapping[str, Any]

    @property
    def window(self) -> Window:
        """Of a measurement."""
        return QUICK_WINDOW if self.quick else WINDOW

    @property
    def simulated(self) -> bool:
        """Whether no device is read at all."""
        return self.device.startswith("simulated:")

    @property
    def telling(self) -> bool:
        """Whether its figures say something of a device, so that goals can be held against them."""
        return not (self.simulated or self.quick)


@dataclass(frozen=True)
class Finding:
    """One line of the page.

    Attributes:
        what: was looked at.
        value: that came out, with its unit; or why there is none.
        goal: as the value; empty if there is none.
        reached: whether the goal was; None where there is no goal or nothing to hold against it.
        beside: a published figure or a baseline.
    """

    what: str
    value: str
    goal: str = ""
    reached: bool | None = None
    beside: str = ""


def shown(metric: str, value: float) -> str:
    """A cost with its unit.

    >>> shown("train_latency_s", 0.0214)
    '21.4 ms'
    """
    return format_quantity(value, METRICS[metric].unit)


class Chunk(Protocol):
    """A part of the check, run in pieces of a minute or so."""

    @property
    def name(self) -> str:
        """In the record and on the command line."""
        ...

    @property
    def title(self) -> str:
        """For people."""
        ...

    def hindrance(self, bench: Bench) -> str:
        """Why it cannot be run here; empty if it can."""
        ...

    def pieces(self, bench: Bench) -> Sequence[str]:
        """Keys of all pieces that are wanted, also of those already run."""
        ...

    def run(self, bench: Bench, piece: str) -> dict[str, Any]:
        """Run one piece.

        Returns:
            Plain values, for the record.

        Raises:
            Exception: anything; the record then says that the piece failed, and why.
        """
        ...

    def findings(self, bench: Bench) -> Sequence[Finding]:
        """What the recorded pieces show."""
        ...


def done(bench: Bench, chunk: Chunk) -> dict[str, dict[str, Any]]:
    """The wanted pieces that were run and did not fail, by key."""
    wanted = ((key, bench.record.piece(chunk.name, key)) for key in chunk.pieces(bench))
    return {key: piece for key, piece in wanted if piece is not None and "failed" not in piece}
