"""Forms of a cost model: a mean that another recipe gives, times what a learner makes of the rest.

    log cost(x) = log mean(x) + g(x)

Either part may be missing: without a mean, the learner sees the logarithm of the cost itself;
without a learner, the mean stands alone. `g` stays within reach of what was seen: a polynomial far
outside of the rows must not promise a cost of nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from .cross_validation import Folds, mean_fit
from .domains import Array
from .learners import Fitted, Learner
from .log_features import LogScale
from .predictor import Prediction, Recipe
from .row_checks import check_features
from .seen_range import SeenRange

TINY = 1e-3  # share of the least cost seen under which a mean is not believed: logarithms of it
LEAST_SPREAD = 1e-3  # relative, see roofline.py


@dataclass(frozen=True, eq=False)
class FittedForm:
    """A form that has seen rows.

    Attributes:
        mean: from features to costs.
        learner: of the logarithm that the mean leaves, or None.
        scale: of the features that the learner sees.
        bounds: within which the learner is believed, as logarithms.
        least: cost under which the mean is not believed.
    """

    mean: Callable[[Array], Array]
    learner: Fitted | None
    scale: LogScale
    bounds: tuple[float, float]
    least: float

    def predict(self, features: Array) -> tuple[Array, Array]:
        """Logarithm of the cost and a spread that is only relative, both `(n,)`."""
        log_mean = np.log(np.maximum(self.mean(features), self.least))
        if self.learner is None:
            return log_mean, np.ones(len(features))
        rest, spread = self.learner.predict(self.scale.transform(features))
        return log_mean + np.clip(rest, *self.bounds), spread


@dataclass(frozen=True)
class Form:
    """How a cost model is made up.

    Attributes:
        recipe: gives the mean; None for one.
        learner: of what the mean leaves; None for nothing.
    """

    recipe: Recipe | None
    learner: Learner | None

    @property
    def name(self) -> str:
        """The parts that are there.

        >>> Form(None, None).name
        'constant'
        """
        parts = [part.name for part in (self.recipe, self.learner) if part is not None]
        return " + ".join(parts) or "constant"

    def fit(self, features: Array, costs: Array) -> FittedForm:
        """Fit the mean, then the learner to what it leaves.

        Args:
            features: `(n, d)`.
            costs: `(n,)`, positive.
        """
        mean = _typical(costs) if self.recipe is None else mean_fit(self.recipe)(features, costs)
        least = TINY * float(costs.min())
        scale, rest = LogScale.of(features), _rest(mean, least, features, costs)
        learned = (
            None if self.learner is None else self.learner.fit(scale.transform(features), rest)
        )
        reach = float(np.ptp(rest)) + np.log(2.0)
        bounds = (float(rest.min()) - reach, float(rest.max()) + reach)
        return FittedForm(mean, learned, scale, bounds, least)

    def conditioned(self, features: Array, costs: Array) -> Form:
        """One whose learner has its costly settings from these rows."""
        if self.learner is None:
            return self
        mean = _typical(costs) if self.recipe is None else mean_fit(self.recipe)(features, costs)
        rest = _rest(mean, TINY * float(costs.min()), features, costs)
        columns = LogScale.of(features).transform(features)
        return replace(self, learner=self.learner.conditioned(columns, rest))

    def cross_predict(self, features: Array, costs: Array, folds: Folds) -> tuple[Array, Array]:
        """Predict each row's logarithm, and its relative spread, from the other folds."""
        logs, spreads = np.empty(len(costs)), np.empty(len(costs))
        for left_out in np.unique(folds):
            held, rest = folds == left_out, folds != left_out
            logs[held], spreads[held] = self.fit(features[rest], costs[rest]).predict(
                features[held]
            )
        return logs, spreads


@dataclass(frozen=True, eq=False)
class LogModel:
    """One form, or the geometric mean of several, with a spread measured on rows left out.

    Attributes:
        forms: fitted, with the factor by which the spread of each is multiplied.
        factor: by which the joint spread is multiplied.
        seen: range of the features in the fit.
        called: what was fitted, for people.
        rows: how many measurements were fitted.
    """

    forms: tuple[tuple[FittedForm, float], ...]
    factor: float
    seen: SeenRange
    called: str
    rows: int

    def predict(self, features: Array) -> Prediction:
        """The spread is relative, and widens outside of the range seen."""
        check_features(features, len(self.seen.low))
        if not len(features):
            return Prediction(np.zeros(0), np.zeros(0), np.zeros(0, bool))
        parts = [form.predict(features) for form, _ in self.forms]
        log_cost = np.mean([log for log, _ in parts], axis=0)
        factors = [factor for _, factor in self.forms]
        spread = joint_spread([s for _, s in parts], factors) * self.factor
        mean = np.exp(log_cost)
        std = mean * np.maximum(spread, LEAST_SPREAD) * self.seen.widening(features)
        return Prediction(mean, std, self.seen.outside(features))

    def describe(self) -> str:
        """What was chosen, features and rows."""
        return f"{self.called} of {len(self.seen.low)} features, {self.rows} measurements"


def joint_spread(spreads: list[Array], factors: list[float]) -> Array:
    """Mean over several forms of their calibrated spreads, `(n,)`."""
    return np.asarray(np.mean([s * f for s, f in zip(spreads, factors, strict=True)], axis=0))


def spread_factor(log_costs: Array, predicted: Array, spread: Array) -> float:
    """What to multiply a spread with so that rows left out lie one spread away on average.

    >>> spread_factor(np.array([0.1, -0.1]), np.zeros(2), np.array([0.05, 0.05]))
    2.0
    """
    return float(np.sqrt(np.mean(((log_costs - predicted) / spread) ** 2)))


def _typical(costs: Array) -> Callable[[Array], Array]:
    typical = float(np.exp(np.log(costs).mean()))
    return lambda rows: np.full(len(rows), typical)


def _rest(mean: Callable[[Array], Array], least: float, features: Array, costs: Array) -> Array:
    return np.asarray(np.log(costs) - np.log(np.maximum(mean(features), least)))
