"""Several meters of one device as one: each metric is read by the first that can."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...constraints.errors import MeasurementError, did_you_mean
from ...constraints.measurement import Measurement
from .protocol import Meter, Step, Window, measure_all


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
        return self.measure_together((metric,), step, window)[metric]

    def measure_together(
        self, metrics: Sequence[str], step: Step, window: Window
    ) -> dict[str, Measurement]:
        """See `TogetherMeter`; each meter measures its metrics together."""
        measured: dict[str, Measurement] = {}
        for meter, own in self._shares(metrics):
            measured |= measure_all(meter, own, step, window)
        return measured

    def _shares(self, metrics: Sequence[str]) -> list[tuple[Meter, list[str]]]:
        """Each meter with the metrics that it is the first to measure."""
        shares, left = [], list(metrics)
        for meter in self.meters:
            own = [metric for metric in left if metric in meter.can_measure()]
            left = [metric for metric in left if metric not in own]
            if own:
                shares.append((meter, own))
        if left:
            reason = self.cannot_measure().get(left[0]) or did_you_mean(left[0], self.can_measure())
            raise MeasurementError(
                f"`{left[0]}` cannot be measured on {self.device_kind}: {reason}"
            )
        return shares
