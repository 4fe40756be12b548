"""A meter whose values say under which conditions they were measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ...constraints.errors import MeasurementError
from ...constraints.measurement import Measurement
from .conditions import conditions_of
from .protocol import Meter, Step, Window, measure_all
from .sampler import Sampler
from .sensor import Sensor

PERIOD_S = 0.5  # between two looks; at a fifth, the calls show in the latency of small networks


def seldom(sensor: Sensor) -> Sampler:
    """Reads a sensor so seldom that it does not show in what is timed meanwhile."""
    return Sampler(sensor, period_s=PERIOD_S)


@dataclass(frozen=True)
class WatchedMeter:
    """Another meter, while a sensor of the same device watches heat, clocks and others.

    Attributes:
        meter: that measures.
        sensor: that watches; where it cannot, nothing is said of the conditions.
        watch: reads the sensor meanwhile.
    """

    meter: Meter
    sensor: Sensor
    watch: Callable[[Sensor], Sampler] = seldom

    @property
    def device_kind(self) -> str:
        """See `Meter`."""
        return self.meter.device_kind

    def can_measure(self) -> Mapping[str, str]:
        """See `Meter`."""
        return self.meter.can_measure()

    def cannot_measure(self) -> Mapping[str, str]:
        """See `Meter`."""
        return self.meter.cannot_measure()

    def measure(self, metric: str, step: Step, window: Window) -> Measurement:
        """See `Meter`."""
        return self.measure_together((metric,), step, window)[metric]

    def measure_together(
        self, metrics: Sequence[str], step: Step, window: Window
    ) -> dict[str, Measurement]:
        """See `TogetherMeter`."""
        try:
            self.sensor.read()
        except MeasurementError:
            return measure_all(self.meter, metrics, step, window)
        with self.watch(self.sensor) as sampler:
            measured = measure_all(self.meter, metrics, step, window)
        conditions = conditions_of(sampler.readings())
        return {metric: conditions.upon(value) for metric, value in measured.items()}
