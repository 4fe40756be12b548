"""A sensor's readings as a file: one line each, written as they come.

Each line is one `write` to the end of the file, past all buffers of this process, so that nothing
is lost when it is killed. A line cut off by a full disk is left out when it is read.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ...constraints.errors import MeasurementError
from .sensor import Reading

COLUMNS = ("time_s", "power_w", "energy_j", "temperature_c", "clock_mhz")
NEEDED = ("time_s", "power_w")


@dataclass(frozen=True)
class TraceFile:
    """A file that grows.

    Attributes:
        descriptor: of the open file.
    """

    descriptor: int

    @staticmethod
    def open(path: Path) -> TraceFile:
        """Open a file to go on with it, or a new one with its header.

        Side effects:
            Makes the file and its folder.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        if os.fstat(descriptor).st_size == 0:
            os.write(descriptor, (",".join(COLUMNS) + "\n").encode())
        return TraceFile(descriptor)

    def append(self, reading: Reading) -> None:
        """Write one reading; what it does not tell stays empty."""
        values = (getattr(reading, name) for name in COLUMNS)
        line = ",".join("" if value is None else f"{value:.6f}" for value in values)
        os.write(self.descriptor, f"{line}\n".encode())

    def close(self) -> None:
        """Close the file."""
        os.close(self.descriptor)


def load_trace(path: Path) -> tuple[Reading, ...]:
    """The readings of a file, this project's or another's with the same columns.

    Args:
        path: of a CSV file with at least the columns `time_s` and `power_w`.

    Raises:
        MeasurementError: if it is not there or not such a file; names all faults at once.
    """
    try:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise MeasurementError(f"the trace {path} cannot be read: {error}") from error
    missing = [name for name in NEEDED if rows and name not in rows[0]]
    readings = [] if missing else [r for r in map(_reading, rows) if r is not None]
    faults = [f"it has no column `{name}`" for name in missing]
    if not missing and len(readings) < 2:
        faults.append(f"it has {len(readings)} readings of power, at least 2 are needed")
    if not _rises(readings):
        faults.append("`time_s` must rise from line to line")
    if any(reading.power_w is not None and reading.power_w < 0 for reading in readings):
        faults.append("`power_w` must not be negative")
    if faults:
        raise MeasurementError(f"the trace {path} cannot be replayed: {'; '.join(faults)}")
    return tuple(readings)


def _reading(row: dict[str, str | None]) -> Reading | None:
    """A line as a reading; None if it was cut off or tells no power."""
    try:
        told = {name: float(text) for name in COLUMNS if (text := row.get(name))}
    except ValueError:
        return None
    return Reading(**told) if all(name in told for name in NEEDED) else None  # type: ignore[arg-type]  # floats


def _rises(readings: Sequence[Reading]) -> bool:
    return all(a.time_s < b.time_s for a, b in pairwise(readings))
