"""Several meters of one device as one: each metric is read by the first that can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...constraints.errors import MeasurementError, did_you_mean
from ...constraints.measurement import Measurement
from .protocol import Meter, Step, Window


@dataclass(frozen=True)
class CompositeMeter:
    """Meters of one device, the preferred first."""

    meters: Sequence[Meter]

    @property
    def device_kind(self) -> str:
        """See `Meter`."""
        return self.meters[0].device_kind

    def can_measure(self) -> dict[str, str]:
        """See `Meter`."""
        return {m: how for meter in reversed(self.meters) for m, how in meter.can_measure().items()}

    def cannot_measure(self) -> dict[str, str]:
        """See `Meter`."""
        can = self.can_measure()
        reasons = {m: why for meter in self.meters for m, why in meter.cannot_measure().items()}
        return {metric: why for metric, why in reasons.items() if metric not in can}

    def measure(self, metric: str, step: Step, window: Window) -> Measurement:
        """See `Meter`."""
        for meter in self.meters:
            if metric in meter.can_measure():
                return meter.measure(metric, step, window)
        reason = self.cannot_measure().get(metric) or did_you_mean(metric, self.can_measure())
        raise MeasurementError(f"`{metric}` cannot be measured on {self.device_kind}: {reason}")
