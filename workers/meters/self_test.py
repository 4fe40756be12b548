"""Whether a device's energy counter and the power it shows agree, at rest and at work."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from .power_trace import Drawn, Implausible, drawn_between
from .sampler import Sampler
from .sensor import Sensor

WINDOW_S = 10.0  # the counter's step of 0.1 s is 1 % of it; at half, 2 %


@dataclass(frozen=True)
class Check:
    """One window of the self-test.

    Attributes:
        name: `idle` or `load`.
        told: what was drawn, or why nothing can be said.
    """

    name: str
    told: Drawn | Implausible

    @property
    def passed(self) -> bool | None:
        """Whether both agree; None if the device tells only one of them."""
        if isinstance(self.told, Implausible) or self.told.doubt:
            return False
        both = self.told.counted_j is not None and self.told.shown_j is not None
        return True if both else None

    @property
    def says(self) -> str:
        """One line for users."""
        if isinstance(self.told, Implausible):
            return self.told.reason
        counted, shown = self.told.counted_j, self.told.shown_j
        told = f"{self.told.power_w:.1f} W over {self.told.duration_s:.1f} s"
        if counted is None or shown is None:
            only = "power shown" if counted is None else "energy counter"
            return f"{told} by the {only} alone; there is nothing to check it against"
        gap = abs(counted - shown) / max(counted, shown)
        return f"{told}; counted {counted:.1f} J, shown {shown:.1f} J, apart by {gap:.1%}"


def self_test(
    sensor: Sensor,
    load: Callable[[float], object] | None = None,
    *,
    window_s: float = WINDOW_S,
    rest: Callable[[float], object] = time.sleep,
    watch: Callable[[Sensor], Sampler] = Sampler,
) -> tuple[Check, ...]:
    """Look at the device while it rests, and while it works.

    Args:
        sensor: of the device, which should be held exclusively.
        load: keeps the device busy for some seconds and waits for it; None to leave this out.
        window_s: of each look.
        rest: waits for some seconds.
        watch: reads the sensor meanwhile.

    Raises:
        MeasurementError: if the sensor cannot be read.
    """
    works = {"idle": rest} if load is None else {"idle": rest, "load": load}
    return tuple(look(name, work, sensor, window_s, watch) for name, work in works.items())


def look(
    name: str,
    work: Callable[[float], object],
    sensor: Sensor,
    window_s: float = WINDOW_S,
    watch: Callable[[Sensor], Sampler] = Sampler,
) -> Check:
    """One window of the self-test; arguments and errors as of `self_test`."""
    facts = sensor.facts()
    with watch(sensor) as sampler:
        work(0.3 * window_s)  # clocks and the sensor's own average settle
        begin = sampler.read_now()
        work(window_s)
        end = sampler.read_now()
    return Check(name, drawn_between(sampler.readings(), facts, begin.time_s, end.time_s))
