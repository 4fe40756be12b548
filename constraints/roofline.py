"""Time and energy as sums over the work of a network; power as their quotient.

    t(F) = a + sum_k F_k c_k ,     a, c_k >= 0

`F` are amounts of traced work: operations of a kind, bytes of traffic, launches. Each has a price
`c_k` that the device sets (1 / (efficiency x peak)), and no work is paid back. The same form holds
for energy, whose `a` and time column carry the idle power. Fitted by non-negative least squares of
*relative* errors: columns scaled by their greatest value, rows divided by the measured cost, so
that a small network counts as much as a large one. The sum of the parts, not the greater of two
roofs, is what was tested.

    P = E / t ,   clamped to [idle, limit]

gives power the saturation that a model linear in power lacks.

References:
    [Williams2009] S. Williams, A. Waterman, D. Patterson. Roofline: An Insightful Visual
        Performance Model for Multicore Architectures. CACM 52(4), 2009.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from .cross_validation import cross_predict, distinct_folds, rmspe
from .domains import Array
from .predictor import Prediction, Predictor
from .row_checks import check_features, check_rows, check_work
from .seen_range import SeenRange

LEAST_COST = 1e-12  # a prediction stays positive, because quotients and logarithms are taken of it
# Relative. Two clocks rarely agree better, and a spread of zero would claim certainty.
LEAST_SPREAD = 1e-3


@dataclass(frozen=True, eq=False)
class RooflineModel:
    """Prices of work on one device.

    Attributes:
        fixed: what a network without work costs, in the unit of the cost; not negative.
        prices: `(d,)`, cost per unit of each feature; not negative, 0 for a column not priced.
        spread: of the relative error, from rows left out.
        seen: range of the features in the fit.
        rows: how many measurements were fitted.
    """

    fixed: float
    prices: Array
    spread: float
    seen: SeenRange
    rows: int

    def predict(self, features: Array) -> Prediction:
        """The spread grows with the cost, as errors are relative, and outside of the range seen."""
        check_features(features, len(self.prices))
        mean = np.maximum(features @ self.prices + self.fixed, LEAST_COST)
        std = mean * self.spread * self.seen.widening(features)
        return Prediction(mean, std, self.seen.outside(features))

    def contributions(self, features: Array) -> Array:
        """What each part costs: the fixed cost first, then each feature.

        Rows may be layers as well as networks: prices are per unit of work. Then read the fixed
        cost once for the network, not once for each layer.

        Args:
            features: `(n, d)`.

        Returns:
            `(n, d + 1)`, in the unit of the cost; a row sums to its prediction.
        """
        check_features(features, len(self.prices))
        return np.column_stack([np.full(len(features), self.fixed), features * self.prices])

    def describe(self) -> str:
        """Rows, and how many kinds of work have a price."""
        priced = int((self.prices > 0).sum())
        return f"roofline of {priced} of {len(self.prices)} work features, {self.rows} measurements"


@dataclass(frozen=True)
class RooflineRecipe:
    """Fits `RooflineModel`s.

    Attributes:
        columns: which features are work; all if None.
        fixed: whether a network without work may cost something (launch, idle share).
    """

    columns: tuple[int, ...] | None = None
    fixed: bool = True
    name: str = "roofline"
    version: int = 1

    def fit(self, features: Array, costs: Array) -> RooflineModel:
        """Fit on all rows; the spread comes from rows left out.

        Raises:
            ValueError: also if a column of work holds a negative number, or a cost is not positive.
        """
        check_rows(features, costs, logs=True)
        fixed, prices = self._solve(features, costs)
        folds = distinct_folds(features)
        return RooflineModel(
            fixed=fixed,
            prices=prices,
            spread=max(
                rmspe(cross_predict(self.fit_mean, features, costs, folds), costs), LEAST_SPREAD
            ),
            seen=SeenRange.of(features),
            rows=len(costs),
        )

    def fit_mean(self, features: Array, costs: Array) -> Callable[[Array], Array]:
        """Fit without the spread."""
        fixed, prices = self._solve(features, costs)
        return lambda rows: np.maximum(rows @ prices + fixed, LEAST_COST)

    def _solve(self, features: Array, costs: Array) -> tuple[float, Array]:
        used = list(range(features.shape[1]) if self.columns is None else self.columns)
        work = features[:, used]
        check_work(work)
        ones = np.full((len(work), 1), float(self.fixed))
        weights = solve_prices(np.hstack([ones, work]), costs)
        prices = np.zeros(features.shape[1])
        prices[used] = weights[1:]
        return float(weights[0]), prices


def solve_prices(work: Array, costs: Array) -> Array:
    """Non-negative prices of work with the least squared relative error.

    Args:
        work: `(n, k)`, not negative; a column of zeros gets no price.
        costs: `(n,)`, positive.

    Returns:
        `(k,)`, cost per unit of each column.

    >>> solve_prices(np.array([[1.0, 0.0], [1.0, 2.0]]), np.array([3.0, 7.0])).round(6)
    array([3., 2.])
    """
    greatest = work.max(axis=0)
    scale = np.where(greatest > 0, greatest, 1.0)
    relative = work / scale / costs[:, None]
    typical = np.median(costs)  # so that the solver sees numbers about 1 whatever the unit
    weights: Array = nnls(relative * typical, np.full(len(costs), 1.0))[0]
    return weights * typical / scale


@dataclass(frozen=True, eq=False)
class PowerFromEnergy:
    """Power as predicted energy over predicted time, inside what the device can draw.

    Attributes:
        time: predicts seconds.
        energy: predicts joules of the same span, from the same features.
        idle_w: least power, read from the device; None if it is not known.
        limit_w: enforced power limit; None if there is none.
    """

    time: Predictor
    energy: Predictor
    idle_w: float | None = None
    limit_w: float | None = None

    def __post_init__(self) -> None:
        low, high = self._clamp()
        if not 0 <= low <= high:
            raise ValueError(
                f"`idle_w` must not be negative nor above `limit_w`, got {self.idle_w} and "
                f"{self.limit_w}"
            )

    def predict(self, features: Array) -> Prediction:
        """Both relative errors add up, as if independent: a slow run draws less power."""
        time, energy = self.time.predict(features), self.energy.predict(features)
        seconds = np.maximum(time.mean, LEAST_COST)
        power = energy.mean / seconds
        joules = np.maximum(energy.mean, LEAST_COST)
        spread = np.hypot(time.std / seconds, energy.std / joules)
        mean = np.clip(power, *self._clamp())
        return Prediction(mean, mean * spread, time.extrapolated | energy.extrapolated)

    def describe(self) -> str:
        """Both parts and the clamp."""
        low, high = self._clamp()
        return (
            f"energy over time, clamped to [{low:g}, {high:g}] W; energy: "
            f"{self.energy.describe()}; time: {self.time.describe()}"
        )

    def _clamp(self) -> tuple[float, float]:
        low = 0.0 if self.idle_w is None else self.idle_w
        return low, np.inf if self.limit_w is None else self.limit_w
