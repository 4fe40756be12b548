"""What can go wrong, as one tree.

HyperwattError
|-- SpecError            a spec, with all its faults at once
|-- UnitError            a quantity that is not one ("85 Wat", 0 W)
|-- JournalError         a run's record that cannot be read or continued
|-- RunError             a run directory that is taken, missing or not ours
|-- PredictorError       a stored predictor that does not fit this sweep
|-- NetworkError         a network that cannot be built from a candidate
|-- DataError            a data set that is missing or still packed
`-- MeasurementError     a metric this device cannot measure
    `-- DeviceBusyError  a device that someone else held for too long
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


class HyperwattError(Exception):
    """The root: catch this one to catch all of ours."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a spec.

    Attributes:
        place: where, as a dotted path (`space.conv1_kernel.low`).
        says: the rule, the value and the remedy.
    """

    place: str
    says: str

    def __str__(self) -> str:
        return f"{self.place}: {self.says}"


class SpecError(HyperwattError):
    """A spec that cannot be run; carries every fault that was found."""

    def __init__(self, source: str, faults: Sequence[Fault]) -> None:
        self.source = source
        self.faults = tuple(faults)
        lines = "\n".join(f"  - {fault}" for fault in self.faults)
        count = "1 fault" if len(self.faults) == 1 else f"{len(self.faults)} faults"
        super().__init__(f"{count} in {source}\n{lines}")


class UnitError(HyperwattError, ValueError):
    """A quantity whose number or unit is not what its metric takes."""


class JournalError(HyperwattError):
    """A journal that is corrupt, of another version or of another sweep."""


class RunError(HyperwattError):
    """A run directory that is taken, missing or not a run."""


class PredictorError(HyperwattError):
    """A stored predictor of another device, space or version."""


class NetworkError(HyperwattError):
    """A network that cannot be built from a candidate."""


class DataError(HyperwattError):
    """A data set that is not where it was looked for."""


class MeasurementError(HyperwattError):
    """A metric that this device cannot measure."""


class DeviceBusyError(MeasurementError):
    """A device that someone else held for too long; says who."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Name the nearest known words, and all of them.

    >>> did_you_mean("hw-iecl", ["random", "hw-ieci"])
    "did you mean 'hw-ieci'? known: hw-ieci, random"
    >>> did_you_mean("?", ["b", "a"])
    'known: a, b'
    """
    words = sorted(known)
    near = get_close_matches(word, words, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"{hint}known: {', '.join(words) or 'none'}"
