"""Power and energy of a CPU, from the RAPL counters that Linux shows as files.

    <root>/intel-rapl:0/energy_uj              microjoules since some time, counts round
    <root>/intel-rapl:0/max_energy_range_uj    where it starts again from 0

AMD's counters have the same names. Packages are summed; their parts (core, dram) lie inside.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...constraints.errors import MeasurementError
from ...constraints.measurement import Measurement
from .protocol import Step, Window, both_phases
from .timing import Clock, warm_up

ROOT = Path("/sys/class/powercap")
METHOD = "RAPL package energy"
SLICES = 5  # of the window, for the spread; at half it is itself unsure, at double each is short
MIN_TIME_S = 1.0  # the counter steps every 1 ms, so 0.1 %; at half, one burst of another process


@dataclass(frozen=True)
class Counter:
    """One package's energy counter.

    Attributes:
        path: of the file that counts.
        range_j: where it starts again.
    """

    path: Path
    range_j: float

    def read_j(self) -> float:
        """What it shows now.

        Raises:
            OSError, ValueError: if it cannot be read.
        """
        return int(self.path.read_text()) / 1e6

    def between_j(self, earlier_j: float, later_j: float) -> float:
        """Energy between two readings less than one round apart."""
        spent_j = later_j - earlier_j
        return spent_j if spent_j >= 0 else spent_j + self.range_j


@dataclass(frozen=True)
class RaplMeter:
    """Measures all packages of the machine, so the window must be exclusive.

    Attributes:
        device_kind: of the CPU.
        root: of the powercap tree.
        clock: monotonic, in s.
    """

    device_kind: str
    root: Path = ROOT
    clock: Clock = time.perf_counter

    def can_measure(self) -> dict[str, str]:
        """See `Meter`."""
        return {} if fault(self.root) else both_phases({"power_w": METHOD, "energy_j": METHOD})

    def cannot_measure(self) -> dict[str, str]:
        """See `Meter`."""
        reason = fault(self.root)
        return both_phases({"power_w": reason, "energy_j": reason}) if reason else {}

    def measure(self, metric: str, step: Step, window: Window) -> Measurement:
        """See `Meter`."""
        reason = fault(self.root)
        if reason:
            raise MeasurementError(f"`{metric}`: {reason}")
        warm_up(step.run, window, self.clock)
        slice_s = max(window.min_time_s, MIN_TIME_S) / SLICES
        readings = [self._read(step, slice_s) for _ in range(SLICES)]
        per_item = metric == "energy_j"
        values = [
            energy_j / (runs * step.items if per_item else duration_s)
            for energy_j, duration_s, runs in readings
        ]
        mean = sum(values) / SLICES
        variance = sum((value - mean) ** 2 for value in values) / (SLICES - 1)
        error = math.sqrt(variance / SLICES)
        return Measurement(metric, mean, error, SLICES, METHOD, self.device_kind)

    def _read(self, step: Step, duration_s: float) -> tuple[float, float, int]:
        """Repeat the step for a while; energy in J, time in s, repetitions."""
        counters = find_counters(self.root)
        before, begin_s = [counter.read_j() for counter in counters], self.clock()
        runs = repeat(step.run, until_s=begin_s + duration_s, clock=self.clock)
        after, end_s = [counter.read_j() for counter in counters], self.clock()
        spent = zip(counters, before, after, strict=True)
        return sum(c.between_j(b, a) for c, b, a in spent), end_s - begin_s, runs


def repeat(run: Callable[[], object], *, until_s: float, clock: Clock) -> int:
    """Run back to back until a time, at least once; how often."""
    runs = 0
    while runs == 0 or clock() < until_s:
        run()
        runs += 1
    return runs


def find_counters(root: Path) -> list[Counter]:
    """The packages' counters; raises OSError or ValueError if one cannot be read."""
    folders = [path for path in sorted(root.glob("intel-rapl:*")) if path.name.count(":") == 1]
    packages = [path for path in folders if (path / "name").read_text().startswith("package")]
    return [
        Counter(path / "energy_uj", int((path / "max_energy_range_uj").read_text()) / 1e6)
        for path in packages
    ]


def fault(root: Path) -> str:
    """Why the counters cannot be read and what would help; empty if they can."""
    try:
        readings: Mapping[Path, float] = {c.path: c.read_j() for c in find_counters(root)}
    except PermissionError as error:
        return (
            f"RAPL's counter {error.filename} may be read by root only; "
            f"allow it with: sudo chmod a+r {root}/intel-rapl:*/energy_uj"
        )
    except (OSError, ValueError) as error:
        return f"RAPL's counters in {root} cannot be read: {error}"
    if not readings:
        return (
            f"this CPU shows no RAPL counters in {root} (virtual machines and containers hide "
            "them); power and energy need `device: cuda` (through NVML) or a CPU that shows them"
        )
    return ""
