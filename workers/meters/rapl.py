"""Power and energy of a CPU, from the RAPL counters that Linux shows as files.

    <root>/intel-rapl:0/energy_uj              microjoules since some time, counts round
    <root>/intel-rapl:0/max_energy_range_uj    where it starts again from 0

AMD's counters have the same names. Packages are summed; their parts (core, dram) lie inside.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...constraints.errors import MeasurementError
from .sensor import Reading, SensorFacts
from .timing import Clock

ROOT = Path("/sys/class/powercap")
METHOD = "RAPL package energy"
COUNTER_STEP_S = 1e-3
LEAST_WINDOW_S = 1.0  # 0.1 % by the counter's step; at half, one burst of another process


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


class RaplSensor:
    """Shows all packages of the machine together; there is no power of one process.

    A counter that starts again from 0 is seen to do so as long as it is read once a round, which
    takes a minute at the least.
    """

    def __init__(self, root: Path = ROOT, clock: Clock = time.perf_counter) -> None:
        """Reads nothing yet.

        Args:
            root: of the powercap tree.
            clock: monotonic, in s.
        """
        self._root, self._clock = root, clock
        self._shown_j: dict[Path, float] = {}
        self._total_j = 0.0

    def facts(self) -> SensorFacts:
        """See `Sensor`."""
        reason = fault(self._root)
        if reason:
            raise MeasurementError(reason)
        return SensorFacts(
            key=f"cpu@{socket.gethostname()}",
            scope="package",
            counter=METHOD,
            gauge="",
            counter_step_s=COUNTER_STEP_S,
            least_window_s=LEAST_WINDOW_S,
        )

    def read(self) -> Reading:
        """See `Sensor`."""
        try:
            for counter in find_counters(self._root):
                now_j = counter.read_j()
                self._total_j += counter.between_j(self._shown_j.get(counter.path, now_j), now_j)
                self._shown_j[counter.path] = now_j
        except (OSError, ValueError) as error:
            raise MeasurementError(f"RAPL's counters cannot be read any more: {error}") from error
        return Reading(self._clock(), energy_j=self._total_j)


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
