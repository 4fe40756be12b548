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
from ..predictor import Flags, Prediction, Predictor
from ..row_checks import check_rows

BELIEVED_ROWS = 4.0  # that speak for a slope of one; at none, five noisy rows turn it over
FLOOR = 0.5  # of the least cost seen there: a linear model must not predict less than nothing


@dataclass(frozen=True, eq=False)
class Source:
    """A model of the same metric on another kind of device.

    Attributes:
        predictor: by the same features.
        least: cost that was measured there.
    """

    predictor: Predictor
    least: float

    def logs(self, features: Array) -> tuple[Array, Flags]:
        """Logarithms of predicted costs, and where they are beyond what was seen, both `(n,)`."""
        there = self.predictor.predict(features)
        floor = FLOOR * self.least
        return np.log(np.maximum(there.mean, floor)), there.extrapolated | (there.mean < floor)


@dataclass(frozen=True, eq=False)
class CarriedModel:
    """A fitted line in the logarithms of what is predicted elsewhere.

    Attributes:
        sources: of the same metric on other kinds of devices.
        level: mean logarithm of the cost here.
        centre: mean of s in the fit.
        slope: b.
        spread: relative, of rows left out.
        rows: how many measurements were fitted.
    """

    sources: tuple[Source, ...]
    level: float
    centre: float
    slope: float
    spread: float
    rows: int

    def predict(self, features: Array) -> Prediction:
        """Extrapolated where every source is."""
        there, outside = _logs(self.sources, features)
        mean = np.exp(self.level + self.slope * (there - self.centre))
        return Prediction(mean, mean * self.spread, outside)

    def describe(self) -> str:
        """Rows here and sources."""
        return f"carried from {len(self.sources)} other devices, {self.rows} measurements here"


@dataclass(frozen=True, eq=False)
class CarriedRecipe:
    """Fits `CarriedModel`s.

    Attributes:
        sources: of the same metric on other kinds of devices.
    """

    sources: tuple[Source, ...]
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
        there, _ = _logs(self.sources, features)
        level, centre = float(logs.mean()), float(there.mean())
        x, y = there - centre, logs - level
        held = BELIEVED_ROWS * float(x.var()) or 1.0
        return level, centre, float((x @ y + held) / (x @ x + held))


def _logs(sources: tuple[Source, ...], features: Array) -> tuple[Array, Flags]:
    """Mean logarithm over the sources, and where all of them are beyond what they saw."""
    logs, outside = zip(*(source.logs(features) for source in sources), strict=True)
    return np.asarray(np.mean(logs, axis=0)), np.asarray(np.all(outside, axis=0))
