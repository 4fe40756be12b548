"""A physical mean with a learned residual, the form chosen by rows left out.

Which form of model predicts best depends on the device, the metric and how much was measured. So
several are fitted and the one with the least cross-validated error of the logarithm is kept (a
percentage error would forgive what predicts too little): physical means alone
(a roofline, a line in logarithms), a learner alone, the best mean times a learner of what it
leaves, and the geometric mean of the best of them. The parts are among the choices, and a form with
more parts has to win by a margin, so that the choice is not worse than its parts.

With few rows the contest itself is noise: below 10 rows the first mean is taken, and learners
enter by their own least number of rows (a Gaussian process from 40, trees from 100 rows on).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .cross_validation import FOLDS, Folds, distinct_folds, rmspe
from .domains import Array
from .errors import did_you_mean
from .learners import Boosting, Learner, Process, Ridge, Trees
from .linear import LinearRecipe
from .log_forms import Form, LogModel, joint_spread, spread_factor
from .log_linear import LogLinearRecipe
from .predictor import Recipe
from .roofline import RooflineRecipe
from .row_checks import check_rows
from .seen_range import SeenRange

CONTEST_ROWS = 10  # fewer cannot tell means apart
LEARNED_ROWS = 20  # fewer teach no residual
MARGIN = 0.02  # relative gain in error that another part must bring; at none, ties fall to luck
FEW_FOLDS_ROWS = 400  # rows from which half the folds do
BLENDED = 3  # forms in a geometric mean

MEANS: dict[str, Callable[[tuple[int, ...] | None], Recipe]] = {
    "roofline": lambda columns: RooflineRecipe(columns),
    "log-linear": lambda columns: LogLinearRecipe(1),
    "log-linear-2": lambda columns: LogLinearRecipe(2),
    "linear": lambda columns: LinearRecipe(),
}
LEARNERS: dict[str, Learner] = {
    "ridge": Ridge(1),
    "process": Process(),
    "trees": Trees(),
    "boosting": Boosting(),
}


@dataclass(frozen=True, eq=False)
class Tried:
    """One form with what it predicted of rows left out.

    Attributes:
        form: that was tried.
        logs: `(n,)`, predicted logarithms of the costs.
        spreads: `(n,)`, relative.
        squares: `(n,)`, squared errors of `logs` on rows left out.
        factor: that makes `spreads` true.
    """

    form: Form
    logs: Array
    spreads: Array
    squares: Array
    factor: float

    @property
    def error(self) -> float:
        """Root mean square of the logarithm's error; a tenth is about 10 %."""
        return float(np.sqrt(self.squares.mean()))


@dataclass(frozen=True)
class ResidualRecipe:
    """Chooses a form by cross-validation and fits it on all rows.

    Attributes:
        means: physical means to choose from, the simplest first.
        learners: of residuals to choose from, the simplest first; none for means alone.
        columns: features that are work, for the roofline; all if None.
        variants: features in which rows of one network differ (precision, power limit); such rows
            stay in one fold, so that a network is not judged by its twin.
    """

    means: tuple[str, ...] = ("roofline", "log-linear", "linear")
    learners: tuple[str, ...] = ("ridge", "process", "trees")
    columns: tuple[int, ...] | None = None
    variants: tuple[int, ...] = ()
    name: str = "residual"
    version: int = 1

    def __post_init__(self) -> None:
        if not self.means:
            raise ValueError(f"`means` must name at least one; known: {', '.join(MEANS)}")
        _check_known(self.means, MEANS)
        _check_known(self.learners, LEARNERS)

    def fit(self, features: Array, costs: Array) -> LogModel:
        """Fit every form on all but a fold, keep the best, fit it on all rows.

        Raises:
            ValueError: also if a cost is not positive.
        """
        return self.settle(features, costs).fit(features, costs)

    def settle(self, features: Array, costs: Array) -> Settled:
        """The form that these rows choose, its costly settings and its spread; fits quickly."""
        check_rows(features, costs, least=3, logs=True)
        return Settled.on(self.choose(features, costs), costs)

    def choose(self, features: Array, costs: Array) -> tuple[Tried, ...]:
        """The form to be fitted, or the several whose geometric mean is to be taken."""
        contest = Contest.of(features, costs, self.variants)
        forms = [Form(recipe, None) for recipe in self._suited(features)]
        if len(costs) < CONTEST_ROWS:
            return (contest.enter(forms[0]),)
        means = [contest.enter(form) for form in forms]
        mean = best_of(means)
        if len(costs) < LEARNED_ROWS:
            return (mean,)
        learned = [contest.enter(form) for form in self._learned(mean.form, len(costs))]
        return contest.blend(best_of([mean, *learned]), [*means, *learned])

    def _suited(self, features: Array) -> list[Recipe]:
        """Means that can be fitted to such features: a roofline has no negative work."""
        work = features if self.columns is None else features[:, list(self.columns)]
        words = [w for w in self.means if w != "roofline" or (work >= 0).all()]
        return [MEANS[word](self.columns) for word in words or ["log-linear"]]

    def _learned(self, mean: Form, rows: int) -> Iterator[Form]:
        for word in self.learners:
            learner = LEARNERS[word]
            if rows >= learner.least_rows:
                yield Form(mean.recipe, learner)
                if word != "ridge":  # on its own it is the log-linear mean
                    yield Form(None, learner)


@dataclass(frozen=True)
class Settled:
    """A form that was chosen before, on fewer rows, with what they say of its spread.

    Attributes:
        forms: one, or several whose geometric mean is taken, with the factor of each one's spread.
        factor: of the joint spread.
        called: what was chosen, for people.
    """

    forms: tuple[tuple[Form, float], ...]
    factor: float
    called: str
    name: str = "residual"
    version: int = 1

    @staticmethod
    def on(chosen: Sequence[Tried], costs: Array) -> Settled:
        """What was chosen on some rows; the spread comes from rows left out."""
        logs = np.mean([tried.logs for tried in chosen], axis=0)
        spread = joint_spread([t.spreads for t in chosen], [t.factor for t in chosen])
        return Settled(
            forms=tuple((tried.form, tried.factor) for tried in chosen),
            factor=spread_factor(np.log(costs), logs, spread) if spread.all() else 1.0,
            called=_called(chosen, rmspe(np.exp(logs), costs)),
        )

    def fit(self, features: Array, costs: Array) -> LogModel:
        """Fit it on all rows.

        Raises:
            ValueError: also if a cost is not positive.
        """
        check_rows(features, costs, least=3, logs=True)
        return LogModel(
            forms=tuple((form.fit(features, costs), factor) for form, factor in self.forms),
            factor=self.factor,
            seen=SeenRange.of(features),
            called=self.called,
            rows=len(costs),
        )

    def fit_mean(self, features: Array, costs: Array) -> Callable[[Array], Array]:
        """Fit without the spread."""
        fitted = [form.fit(features, costs) for form, _ in self.forms]
        return lambda rows: np.exp(np.mean([f.predict(rows)[0] for f in fitted], axis=0))


@dataclass(frozen=True, eq=False)
class Contest:
    """Rows on which forms compete, each on the same folds.

    Attributes:
        features: `(n, d)`.
        costs: `(n,)`, positive.
        folds: `(n,)`.
    """

    features: Array
    costs: Array
    folds: Folds

    @staticmethod
    def of(features: Array, costs: Array, variants: Sequence[int]) -> Contest:
        """A contest on folds that keep the variants of a network together."""
        identity = np.delete(features, list(variants), axis=1)
        return Contest(features, costs, distinct_folds(identity, folds_for(len(costs))))

    def enter(self, form: Form) -> Tried:
        """Predict each row from the folds that do not hold it, with costly settings from all."""
        return self.try_out(form.conditioned(self.features, self.costs))

    def try_out(self, ready: Form) -> Tried:
        """Predict each row from the folds that do not hold it."""
        logs, spreads = ready.cross_predict(self.features, self.costs, self.folds)
        factor = spread_factor(np.log(self.costs), logs, spreads)
        return Tried(ready, logs, spreads, self._squares(logs), factor)

    def blend(self, best: Tried, tried: Sequence[Tried]) -> tuple[Tried, ...]:
        """The best alone, or the best few together if their mean wins by the margin."""
        few = tuple(sorted(tried, key=lambda t: t.error)[:BLENDED])
        together = self._squares(np.mean([t.logs for t in few], axis=0))
        return few if len(few) > 1 and beats(together, best.squares) else (best,)

    def _squares(self, logs: Array) -> Array:
        return np.asarray((logs - np.log(self.costs)) ** 2)


def folds_for(rows: int) -> int:
    """Fewer folds where each is large enough, as a process costs the cube of its rows.

    >>> folds_for(50), folds_for(1000)
    (10, 5)
    """
    return FOLDS if rows < FEW_FOLDS_ROWS else FOLDS // 2


def best_of(tried: Sequence[Tried]) -> Tried:
    """The one of least error; a later one has to beat the best before it."""
    best = tried[0]
    for one in tried[1:]:
        if beats(one.squares, best.squares):
            best = one
    return best


def beats(squares: Array, others: Array) -> bool:
    """Whether squared errors are less than others' by the margin, and not by one lucky row.

    The gain must exceed its own standard error, which a single row cannot bring about.

    >>> beats(np.array([1.0, 1.0, 1.0]), np.array([1.5, 1.6, 1.4]))
    True
    >>> beats(np.array([1.0, 1.0, 1.0]), np.array([1.0, 1.0, 9.0]))
    False
    """
    gain = others - squares
    clear = gain.mean() > gain.std(ddof=1) / np.sqrt(len(gain))
    return bool(clear and squares.mean() < others.mean() * (1 - MARGIN) ** 2)


def _check_known(words: Sequence[str], known: Collection[str]) -> None:
    for word in words:
        if word not in known:
            raise ValueError(f"no part {word!r}; {did_you_mean(word, known)}")


def log_error(logs: Array, costs: Array) -> float:
    """Root mean square of the error of predicted logarithms `(n,)` of costs."""
    return float(np.sqrt(np.mean((logs - np.log(costs)) ** 2)))


def _called(chosen: Sequence[Tried], error: float) -> str:
    names = " and ".join(tried.form.name for tried in chosen)
    return f"{names} (chosen at {100 * error:.1f} % RMSPE)"
