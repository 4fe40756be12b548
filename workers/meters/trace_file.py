"""A sensor's readings as a file: one line each, written as they come.

Each line is one `write` to the end of the file, past all buffers of this process, so that nothing
is lost when it is killed. A last line that was cut off, by a full disk, is left out when it is
read, and taken away when the file is gone on with.
"""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ...constraints.errors import MeasurementError
from .sensor import Reading

COLUMNS = ("time_s", "power_w", "energy_j", "temperature_c", "clock_mhz")
NEEDED = ("time_s", "power_w")
SHOWN = 5  # faults of one file that are told


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
        _drop_cut_off_line(path)
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
    """The readings of a file that tell power, this project's or another's with the same columns.

    Args:
        path: of a CSV file with at least the columns `time_s` and `power_w`.

    Raises:
        MeasurementError: if it is not there or not such a file; names all faults at once.
    """
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise MeasurementError(f"the trace {path} cannot be read: {error}") from error
    whole = text[: text.rfind("\n") + 1]
    rows = list(csv.DictReader(whole.splitlines()))
    missing = [name for name in NEEDED if rows and name not in rows[0]]
    told = [_numbers(row) for row in rows]
    readings = tuple(
        Reading(**row)  # type: ignore[arg-type]  # all of them floats
        for row in told
        if row is not None and all(name in row for name in NEEDED)
    )
    faults = [f"it has no column `{name}`" for name in missing]
    faults += [f"line {i} is not of finite numbers" for i, row in enumerate(told, 2) if row is None]
    faults += [] if missing else _faults(readings)
    if faults:
        raise MeasurementError(f"the trace {path} cannot be replayed: {_told(faults)}")
    return readings


def _drop_cut_off_line(path: Path) -> None:
    """Take away what stands behind the last whole line."""
    if path.exists():
        end = path.read_bytes().rfind(b"\n") + 1
        if end < path.stat().st_size:
            os.truncate(path, end)


def _numbers(row: Mapping[str, str | None]) -> dict[str, float] | None:
    """What a line tells, without what it leaves empty; None if that is no finite number."""
    try:
        told = {name: float(text) for name in COLUMNS if (text := row.get(name))}
    except ValueError:
        return None
    return told if all(map(math.isfinite, told.values())) else None


def _faults(readings: Sequence[Reading]) -> list[str]:
    faults = []
    if len(readings) < 2:
        faults.append(f"it has {len(readings)} readings of power, at least 2 are needed")
    if not all(a.time_s < b.time_s for a, b in pairwise(readings)):
        faults.append("`time_s` must rise from line to line")
    if any(reading.power_w is not None and reading.power_w < 0 for reading in readings):
        faults.append("`power_w` must not be negative")
    return faults


def _told(faults: Sequence[str]) -> str:
    """The first faults, and how many more there are."""
    more = [f"and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
    return "; ".join([*faults[:SHOWN], *more])
