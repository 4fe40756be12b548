"""A sensor that shows a recorded trace, at the pace of a clock."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .power_trace import integral_j
from .sensor import Reading, SensorFacts
from .timing import Clock
from .trace_file import load_trace

LEAST_WINDOW_S = 1.0


class ReplaySensor:
    """Shows a trace from its beginning at the first reading, and again when it is over.

    Energy is the integral of the recorded power, and goes on growing from round to round.
    """

    def __init__(
        self, name: str, trace: Sequence[Reading], clock: Clock = time.perf_counter
    ) -> None:
        """Shows nothing yet.

        Args:
            name: of the trace.
            trace: at least two readings with power, in order of time.
            clock: monotonic, in s.
        """
        self._name, self._clock = name, clock
        self._times_s = np.array([reading.time_s for reading in trace]) - trace[0].time_s
        self._powers_w = np.array([reading.power_w for reading in trace], dtype=float)
        self._began_s: float | None = None

    @staticmethod
    def of(path: Path, clock: Clock = time.perf_counter) -> ReplaySensor:
        """From a file; raises as `load_trace`."""
        return ReplaySensor(path.name, load_trace(path), clock)

    def facts(self) -> SensorFacts:
        """See `Sensor`."""
        return SensorFacts(
            key=f"replay:{self._name}",
            scope="board",
            counter="integral of the recorded power",
            gauge="recorded power",
            counter_step_s=0.0,
            least_window_s=LEAST_WINDOW_S,
        )

    def read(self) -> Reading:
        """See `Sensor`."""
        now_s = self._clock()
        if self._began_s is None:
            self._began_s = now_s
        rounds, place_s = divmod(now_s - self._began_s, self._times_s[-1])
        round_j = integral_j(self._times_s, self._powers_w, 0.0, self._times_s[-1])
        energy_j = rounds * round_j + integral_j(self._times_s, self._powers_w, 0.0, place_s)
        power_w = float(np.interp(place_s, self._times_s, self._powers_w))
        return Reading(now_s, power_w=power_w, energy_j=float(energy_j))
