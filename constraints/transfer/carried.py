"""What other kinds of devices were measured to cost, carried over to this one.

    log cost(x) = a + b (s(x) - mean s),     s(x) = mean over the others of log cost_there(x)

a is this device's own mean; b is one unless its rows say otherwise, as if four of them had said so.
It helps while little was measured here, and not from 40 rows on (benchmarks/predictors/carried.md).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..cross_validation import cross_predict
from ..domains import Array
from ..predictor import Prediction, Predictor
from ..row_checks import check_rows

BELIEVED_ROWS = 4.0  # that speak for a slope of one; at none, five noisy rows turn it over
TINY = 1e-12  # in the unit of the cost: logarithms are taken of predictions


@dataclass(frozen=True, eq=False)
class CarriedModel:
    """A fitted line in the logarithms of what is predicted elsewhere.

    Attributes:
        sources: predictors of the same metric on other kinds of devices.
        level: mean logarithm of the cost here.
        centre: mean of s in the fit.
        slope: b.
        spread: relative, of rows left out.
        rows: how many measurements were fitted.
    """

    sources: tuple[Predictor, ...]
    level: float
    centre: float
    slope: float
    spread: float
    rows: int

    def predict(self, features: Array) -> Prediction:
        """Extrapolated where every source is."""
        there = [source.predict(features) for source in self.sources]
        mean = np.exp(self.level + self.slope * (_mean_log(there) - self.centre))
        outside = np.all([prediction.extrapolated for prediction in there], axis=0)
        return Prediction(mean, mean * self.spread, outside)

    def describe(self) -> str:
        """Rows here and sources."""
        return f"carried from {len(self.sources)} other devices, {self.rows} measurements here"


@dataclass(frozen=True, eq=False)
class CarriedRecipe:
    """Fits `CarriedModel`s.

    Attributes:
        sources: predictors of the same metric on other kinds of devices, by the same features.
    """

    sources: tuple[Predictor, ...]
    name: str = "carried"
    version: int = 1

    def fit(self, features: Array, costs: Array) -> CarriedModel:
        """Fit on all rows; the spread comes from rows left out.

        Raises:
            ValueError: also if a cost is not positive.
        """
        check_rows(features, costs, logs=True)
        level, centre, slope = self._line(features, costs)
        left_out = cross_predict(self.fit_mean, features, costs)
        spread = float(np.sqrt(np.mean(np.log(left_out / costs) ** 2)))
        return CarriedModel(self.sources, level, centre, slope, spread, len(costs))

    def fit_mean(self, features: Array, costs: Array) -> Callable[[Array], Array]:
        """Fit without the spread."""
        line = self._line(features, costs)
        return lambda rows: CarriedModel(self.sources, *line, 0.0, 0).predict(rows).mean

    def _line(self, features: Array, costs: Array) -> tuple[float, float, float]:
        """Level, centre and slope."""
        logs = np.log(costs)
        there = _mean_log([source.predict(features) for source in self.sources])
        level, centre = float(logs.mean()), float(there.mean())
        x, y = there - centre, logs - level
        held = BELIEVED_ROWS * float(x.var()) + TINY
        return level, centre, float((x @ y + held) / (x @ x + held))


def _mean_log(predictions: list[Prediction]) -> Array:
    logs = [np.log(np.maximum(prediction.mean, TINY)) for prediction in predictions]
    return np.asarray(np.mean(logs, axis=0))
