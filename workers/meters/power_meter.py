"""Measures power and energy by one protocol, whatever sensor shows them.

    cool down if hot -> idle power, once a device -> warm up -> window -> what was drawn

Work is launched a little ahead and waited for, so that the device never idles between two steps.
The window lasts at least as long as the sensor needs, then until the value is sure enough or the
time is up. Power and energy come from one window.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ...constraints.errors import MeasurementError
from ...constraints.measurement import EXCLUSIVE, Measurement
from .conditions import conditions_of
from .idle import IdlePower
from .power_correction import PowerCorrection
from .power_trace import Drawn, Implausible, drawn_between
from .power_values import PowerValues
from .protocol import Step, Window, both_phases
from .sampler import Sampler
from .sensor import Reading, Sensor, SensorFacts
from .timing import Clock

METRICS = ("power_w", "energy_j")
WARM_UP_SHARE = 0.3  # of the sensor's least window: 3 s for NVML; at half, clocks still settle
LONGEST = 3.0  # times the least window; at half, uneven work is given up at 15 s
LOOK_AGAIN = 1.2  # times the time so far, so that looking costs little
AHEAD_S = 0.05  # work launched before it is waited for; at half, small networks leave gaps
MOST_AHEAD = 256  # launches; a GPU's queue holds about a thousand
COOL_BELOW_C = 70.0  # above, leakage adds per cents to power; at 60, most cards wait each time
LONGEST_COOLING_S = 30.0


@dataclass(frozen=True)
class PowerMeter:
    """Measures one device.

    Attributes:
        device_kind: what is measured on.
        sensor: of the device.
        synchronize: waits until the device has done what was launched.
        idle: its idle power; None to leave it out.
        attribution: of the values, if nobody else uses the device meanwhile.
        correction: of the power shown, by an external meter; None for none.
        clock: the sensor's, monotonic, in s.
        sleep: waits for some seconds.
        watch: reads the sensor while work is done.
    """

    device_kind: str
    sensor: Sensor
    synchronize: Callable[[], object] = lambda: None
    idle: IdlePower | None = None
    attribution: str = EXCLUSIVE
    correction: PowerCorrection | None = None
    clock: Clock = time.perf_counter
    sleep: Callable[[float], object] = time.sleep
    watch: Callable[[Sensor], Sampler] = Sampler

    def can_measure(self) -> dict[str, str]:
        """See `Meter`."""
        try:
            return both_phases(dict.fromkeys(METRICS, self.sensor.facts().method))
        except MeasurementError:
            return {}

    def cannot_measure(self) -> dict[str, str]:
        """See `Meter`."""
        try:
            self.sensor.facts()
        except MeasurementError as error:
            return both_phases(dict.fromkeys(METRICS, str(error)))
        return {}

    def measure(self, metric: str, step: Step, window: Window) -> Measurement:
        """See `Meter`."""
        return self.measure_together((metric,), step, window)[metric]

    def measure_together(
        self, metrics: Sequence[str], step: Step, window: Window
    ) -> dict[str, Measurement]:
        """See `TogetherMeter`."""
        facts = self.sensor.facts()
        for metric in metrics:
            if metric not in self.can_measure():
                raise MeasurementError(f"{facts.method} cannot tell `{metric}`")
        self.synchronize()
        self._cool_down()
        idle_w = self._idle_w()
        duration_s, runs = self._repeat(step, 1, WARM_UP_SHARE * facts.least_window_s)
        ahead = max(1, min(MOST_AHEAD, int(AHEAD_S * runs / duration_s)))
        with self.watch(self.sensor) as sampler:
            drawn, runs = self._look(sampler, step, ahead, window_of(window, facts))
        conditions = conditions_of(sampler.readings())
        values = PowerValues(
            drawn,
            facts,
            runs * step.items,
            idle_w,
            window.target_relative_error,
            corrected=self.correction is not None,
        )
        return {
            metric: conditions.upon(values.of(metric, self.device_kind, self.attribution))
            for metric in metrics
        }

    def _cool_down(self) -> None:
        """Wait while the device is hot, but not for ever."""
        end_s = self.clock() + LONGEST_COOLING_S
        while self.clock() < end_s:
            temperature_c = self.sensor.read().temperature_c
            if temperature_c is None or temperature_c < COOL_BELOW_C:
                return
            self.sleep(1.0)

    def _look(self, sampler: Sampler, step: Step, ahead: int, window: Window) -> tuple[Drawn, int]:
        """Work until the energy drawn is sure enough; what was drawn, and repetitions."""
        begin, runs = sampler.read_now(), 0
        until_s = window.min_time_s
        while True:
            runs += self._repeat(step, ahead, begin.time_s + until_s - self.clock())[1]
            end = sampler.read_now()
            passed_s = end.time_s - begin.time_s
            drawn = self._drawn(sampler.readings(), begin.time_s, end.time_s)
            if passed_s >= window.max_time_s or _sure(drawn, window):
                break
            until_s = min(LOOK_AGAIN * passed_s, window.max_time_s)
        if isinstance(drawn, Implausible):
            lost = f"; {sampler.fault}" if sampler.fault else ""
            raise MeasurementError(f"power of {self.device_kind}: {drawn.reason}{lost}")
        return drawn, runs

    def _drawn(
        self, readings: Sequence[Reading], begin_s: float, end_s: float
    ) -> Drawn | Implausible:
        """What was drawn; corrected, with the doubts and the peaks of what was shown."""
        facts = self.sensor.facts()
        shown = drawn_between(readings, facts, begin_s, end_s)
        if self.correction is None or isinstance(shown, Implausible):
            return shown
        true = drawn_between(self.correction.corrected(readings), facts, begin_s, end_s)
        if isinstance(true, Implausible):
            return true
        return replace(
            true,
            counted_j=shown.counted_j,
            shown_j=shown.shown_j,
            doubt=shown.doubt,
            p95_w=shown.p95_w,
            peak_w=shown.peak_w,
        )

    def _idle_w(self) -> float | None:
        idle_w = self.idle.of(self.sensor, self.watch) if self.idle else None
        if idle_w is None or self.correction is None:
            return idle_w
        return self.correction.power_w(idle_w)

    def _repeat(self, step: Step, ahead: int, duration_s: float) -> tuple[float, int]:
        """Repeat the step for a while, at least once; time in s and repetitions."""
        begin_s, runs = self.clock(), 0
        while runs == 0 or self.clock() - begin_s < duration_s:
            for _ in range(ahead):
                step.run()
            self.synchronize()
            runs += ahead
        return self.clock() - begin_s, runs


def window_of(window: Window, facts: SensorFacts) -> Window:
    """A window that a sensor can answer in.

    >>> facts = SensorFacts("GPU-1", "board", "counter", "", 0.1, least_window_s=10.0)
    >>> window_of(Window(0.2, 2.0, 0.01), facts)
    Window(min_time_s=10.0, max_time_s=30.0, target_relative_error=0.01, factor=1.0)
    """
    least_s = max(window.min_time_s, window.factor * facts.least_window_s)
    return replace(window, min_time_s=least_s, max_time_s=max(window.max_time_s, LONGEST * least_s))


def _sure(drawn: Drawn | Implausible, window: Window) -> bool:
    if isinstance(drawn, Implausible):
        return False
    return drawn.standard_error_j <= window.target_relative_error * drawn.energy_j
