"""Power and energy as measurements, from what was drawn in a window."""

from __future__ import annotations

from dataclasses import dataclass

from ...constraints.measurement import COUNTER_DOUBTED, IMPRECISE, Measurement
from .power_trace import Drawn
from .sensor import SensorFacts


@dataclass(frozen=True)
class PowerValues:
    """What one window says.

    Attributes:
        drawn: in the window.
        facts: of the sensor.
        items: worked through in the window.
        idle_w: of the device; None if it is not known.
        target_relative_error: that was asked for.
        corrected: whether an external meter's correction is in it.
    """

    drawn: Drawn
    facts: SensorFacts
    items: int
    idle_w: float | None
    target_relative_error: float
    corrected: bool = False

    def of(self, metric: str, device_kind: str, attribution: str) -> Measurement:
        """The mean power of the window, or its energy per item, with what was seen beside."""
        drawn = self.drawn
        is_energy = metric.endswith("energy_j")
        per = self.items if is_energy else drawn.duration_s
        return Measurement(
            metric=metric,
            value=drawn.energy_j / per,
            standard_error=drawn.standard_error_j / per,
            samples=drawn.samples,
            method=self._method(),
            device=device_kind,
            attribution=attribution,
            flags=self._flags(),
            noted=self._energy_notes() if is_energy else self._power_notes(),
        )

    def _method(self) -> str:
        how = f"{getattr(self.facts, self.drawn.method)} ({self.facts.scope})"
        return f"{how}, corrected" if self.corrected else how

    def _flags(self) -> tuple[str, ...]:
        imprecise = self.drawn.standard_error_j > self.target_relative_error * self.drawn.energy_j
        flags = {IMPRECISE: imprecise, COUNTER_DOUBTED: bool(self.drawn.doubt)}
        return tuple(flag for flag, is_so in flags.items() if is_so)

    def _power_notes(self) -> dict[str, float]:
        drawn, duration_s = self.drawn, self.drawn.duration_s
        idle_w = self.idle_w
        return known(
            idle_w=idle_w,
            above_idle_w=None if idle_w is None else max(0.0, drawn.power_w - idle_w),
            limit_w=self.facts.limit_w,
            p95_w=drawn.p95_w,
            peak_w=drawn.peak_w,
            counted_w=None if drawn.counted_j is None else drawn.counted_j / duration_s,
            shown_w=None if drawn.shown_j is None else drawn.shown_j / duration_s,
            duration_s=duration_s,
        )

    def _energy_notes(self) -> dict[str, float]:
        drawn, items, idle_w = self.drawn, self.items, self.idle_w
        idle_j = None if idle_w is None else idle_w * drawn.duration_s
        return known(
            above_idle_j=None if idle_j is None else max(0.0, drawn.energy_j - idle_j) / items,
            counted_j=None if drawn.counted_j is None else drawn.counted_j / items,
            shown_j=None if drawn.shown_j is None else drawn.shown_j / items,
            duration_s=drawn.duration_s,
        )


def known(**figures: float | None) -> dict[str, float]:
    """Those figures that are not None.

    >>> known(idle_w=None, peak_w=3.0)
    {'peak_w': 3.0}
    """
    return {name: value for name, value in figures.items() if value is not None}
