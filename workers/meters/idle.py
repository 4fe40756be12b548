"""What a device draws when nothing is asked of it, measured once.

Kept in a file beside the device's lock, so that the probes of a sweep, each a process of its own,
pay for it once. It is taken anew after a restart of the machine and after a day.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from .power_trace import Drawn, drawn_between
from .sampler import Sampler
from .sensor import Reading, Sensor

IDLE_S = 5.0  # the 1-s average of some boards has settled; at half, the last work still shows
SETTLE_S = 1.5  # after the last work, for the same reason
KEPT_S = 86_400.0  # a room's temperature moves idle power by a few per cent in a day
STEADY = 0.05  # standard error over value; at half, a desktop's cursor counts as work
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True)
class IdlePower:
    """The idle power of one device.

    Attributes:
        path: of the file that keeps it.
        sleep: waits for some seconds.
        wall_clock: seconds, of any process.
        boot_id: changes when the machine restarts.
    """

    path: Path
    sleep: Callable[[float], object] = time.sleep
    wall_clock: Callable[[], float] = time.time
    boot_id: Path = BOOT_ID

    def of(self, sensor: Sensor, watch: Callable[[Sensor], Sampler] = Sampler) -> float | None:
        """Idle power in W; None if the sensor could not tell, or the device was not at rest.

        The device must be held exclusively, and do nothing.

        Side effects:
            Waits some seconds the first time, and writes the file.
        """
        kept = self._kept()
        if kept is not None:
            return kept
        self.sleep(SETTLE_S)
        with watch(sensor) as sampler:
            begin = sampler.read_now()
            self.sleep(IDLE_S)
            end = sampler.read_now()
        readings = sampler.readings()
        drawn = drawn_between(readings, sensor.facts(), begin.time_s, end.time_s)
        if not isinstance(drawn, Drawn) or not _at_rest(drawn, readings):
            return None
        self._keep(drawn.power_w)
        return drawn.power_w

    def _kept(self) -> float | None:
        try:
            kept = json.loads(self.path.read_text())
            age_s = self.wall_clock() - kept["taken_s"]
            fresh = kept["boot_id"] == self._boot() and 0 <= age_s < KEPT_S
            return float(kept["idle_w"]) if fresh else None
        except (OSError, ValueError, KeyError, TypeError):  # absent, or cut off: measured anew
            return None

    def _keep(self, idle_w: float) -> None:
        content = {"idle_w": idle_w, "boot_id": self._boot(), "taken_s": self.wall_clock()}
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = self.path.with_suffix(f".{os.getpid()}")
        partial.write_text(json.dumps(content))
        partial.replace(self.path)

    def _boot(self) -> str:
        try:
            return self.boot_id.read_text().strip()
        except OSError:
            return ""


def _at_rest(drawn: Drawn, readings: Sequence[Reading]) -> bool:
    """Whether nobody computed meanwhile, as far as can be seen."""
    busy = sum((reading.busy_processes or 0) > 0 for reading in readings)
    steady = drawn.standard_error_j <= STEADY * drawn.energy_j
    return steady and busy <= len(readings) / 10
