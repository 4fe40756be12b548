"""Keeps predicted power within what the device can draw: at rest, and at its limit.

A model of a few rows may say 20 W where the board draws 60 W doing nothing, or 900 W where it is
held at 700 W. Both ends are read from the device with each measurement.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .domains import Array
from .measurement import Measurement
from .predictor import Prediction, Predictor


@dataclass(frozen=True, eq=False)
class WithinDevice:
    """A predictor of power, clamped.

    Attributes:
        predictor: of power in W.
        idle_w: what the device draws at rest.
        limit_w: what it is held at.
    """

    predictor: Predictor
    idle_w: float = 0.0
    limit_w: float = np.inf

    def __post_init__(self) -> None:
        if not 0 <= self.idle_w < self.limit_w:
            raise ValueError(
                f"`idle_w` must be at least 0 and below `limit_w`, got {self.idle_w} and "
                f"{self.limit_w}"
            )

    def predict(self, features: Array) -> Prediction:
        """The spread stays: that the mean was outside makes the model no surer."""
        raw = self.predictor.predict(features)
        mean = np.clip(raw.mean, self.idle_w, self.limit_w)
        return Prediction(mean, raw.std, raw.extrapolated)

    def describe(self) -> str:
        """The model and its ends."""
        ends = f"within [{self.idle_w:g}, {self.limit_w:g}] W"
        return f"{self.predictor.describe()}, {ends}"


def within_device(predictor: Predictor, rows: Iterable[Measurement]) -> Predictor:
    """A predictor of power, clamped to what the measurements noted of their device.

    Args:
        predictor: of power in W.
        rows: measured power; those of devices that tell neither end leave it as it is.
    """
    measured = list(rows)
    noted = [row.noted for row in measured]
    least_w = min((row.value for row in measured), default=0.0)  # no work draws less than none
    idle_w = min(least_w, min((n["idle_w"] for n in noted if "idle_w" in n), default=0.0))
    limit_w = max((n["limit_w"] for n in noted if "limit_w" in n), default=np.inf)
    if (idle_w == 0.0 and limit_w == np.inf) or idle_w >= limit_w:
        return predictor
    return WithinDevice(predictor, idle_w, limit_w)
