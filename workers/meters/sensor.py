"""What a sensor is: something that shows the power of one device, at one moment.

A sensor only shows. How long to look, and what to make of it, is the meter's (`power_meter.py`), so
that every device is measured by the same protocol.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NoReturn, Protocol

from ...constraints.errors import MeasurementError

Scope = Literal["board", "module", "memory", "package", "rail"]


@dataclass(frozen=True)
class Reading:
    """What a sensor shows at one moment. What it cannot show is None, never 0.

    Attributes:
        time_s: monotonic.
        power_w: drawn now, or over the sensor's own short average.
        energy_j: of a counter that only grows; its beginning means nothing.
        temperature_c: of the chip.
        clock_mhz: of its compute units.
        slowed_by: why the clock is held back, if it is: `heat`, `power cap`, `power brake`.
        used_bytes: of the device's memory, by all processes.
        busy_processes: how many processes computed since the last reading.
    """

    time_s: float
    power_w: float | None = None
    energy_j: float | None = None
    temperature_c: float | None = None
    clock_mhz: float | None = None
    slowed_by: frozenset[str] = frozenset()
    used_bytes: int | None = None
    busy_processes: int | None = None


@dataclass(frozen=True)
class SensorFacts:
    """What does not change about a sensor.

    Attributes:
        key: of the device, the same in every process that sees it (a GPU's UUID).
        scope: what its power is the power of: a `board` with its memory, a `module` with its CPU,
            the `memory` alone, a CPU's `package`, or a `rail` of a board.
        counter: how energy is counted; empty if it is not.
        gauge: how power is shown; empty if it is not.
        counter_step_s: time between two steps of the counter; 0 without one.
        least_window_s: shorter looks are not worth their value.
        limit_w: power that the device does not exceed for long; None if it is not known.
    """

    key: str
    scope: Scope
    counter: str
    gauge: str
    counter_step_s: float
    least_window_s: float
    limit_w: float | None = None

    @property
    def method(self) -> str:
        """In words, for tables: how energy is found."""
        return f"{self.counter or self.gauge} ({self.scope})"

    @property
    def fineness(self) -> str:
        """In words: what the shortest window is worth.

        >>> SensorFacts("GPU-1", "board", "counter", "", 0.1, 10.0).fineness
        'steps of 0.1 s, 1 % of the shortest window of 10 s; repeated until sure to 1 %'
        """
        window = f"the shortest window of {self.least_window_s:g} s; repeated until sure to 1 %"
        if not self.counter_step_s:
            return window
        share = 100 * self.counter_step_s / self.least_window_s
        return f"steps of {self.counter_step_s:g} s, {share:.2g} % of {window}"


class Sensor(Protocol):
    """Shows the power of one device."""

    def facts(self) -> SensorFacts:
        """What it can show.

        Raises:
            MeasurementError: if it can show neither power nor energy; with the reason and what
                would help.
        """
        ...

    def read(self) -> Reading:
        """What it shows now; a single part that fails this time is None.

        Raises:
            MeasurementError: if the device is gone.
        """
        ...


@dataclass(frozen=True)
class NoSensor:
    """Stands where a sensor cannot be.

    Attributes:
        reason: why, and what would help.
    """

    reason: str

    def facts(self) -> NoReturn:
        """See `Sensor`."""
        raise MeasurementError(self.reason)

    def read(self) -> NoReturn:
        """See `Sensor`."""
        raise MeasurementError(self.reason)
