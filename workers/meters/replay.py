"""A sensor that shows a recorded trace, at the pace of a clock."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from .power_trace import integral_j
from .sensor import Reading, SensorFacts
from .timing import Clock
from .trace_file import load_trace

LEAST_WINDOW_S = 1.0


class ReplaySensor:
    """Shows a trace from its beginning at the first reading, and again when it is over.

    Energy goes on growing from round to round: by the counter that was recorded, or else by the
    integral of the recorded power.
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
        self._name, self._trace, self._clock = name, tuple(trace), clock
        self._times_s = np.array([reading.time_s for reading in trace]) - trace[0].time_s
        self._powers_w = np.array([reading.power_w for reading in trace], dtype=float)
        counted_j = [reading.energy_j for reading in trace if reading.energy_j is not None]
        self._counted_j = np.array(counted_j) if len(counted_j) == len(trace) else None
        self._began_s: float | None = None

    @staticmethod
    def of(path: Path, clock: Clock = time.perf_counter) -> ReplaySensor:
        """From a file; raises as `load_trace`."""
        return ReplaySensor(path.name, load_trace(path), clock)

    def facts(self) -> SensorFacts:
        """See `Sensor`."""
        integral = "integral of the recorded power"
        return SensorFacts(
            key=f"replay:{self._name}",
            scope="board",
            counter=integral if self._counted_j is None else "recorded energy",
            gauge="recorded power",
            counter_step_s=0.0,
            least_window_s=LEAST_WINDOW_S,
        )

    def read(self) -> Reading:
        """See `Sensor`."""
        now_s = self._clock()
        if self._began_s is None:
            self._began_s = now_s
        rounds, place_s = divmod(now_s - self._began_s, float(self._times_s[-1]))
        latest = self._trace[int(np.searchsorted(self._times_s, place_s, side="right")) - 1]
        return replace(
            latest,
            time_s=now_s,
            power_w=float(np.interp(place_s, self._times_s, self._powers_w)),
            energy_j=rounds * self._energy_j(float(self._times_s[-1])) + self._energy_j(place_s),
        )

    def _energy_j(self, place_s: float) -> float:
        """From the beginning of the trace on."""
        if self._counted_j is None:
            return integral_j(self._times_s, self._powers_w, 0.0, place_s)
        return float(np.interp(place_s, self._times_s, self._counted_j) - self._counted_j[0])
