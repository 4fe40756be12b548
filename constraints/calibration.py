"""How good a recipe is on rows it has not seen: error, ranking, and whether its spread is honest.

Folds are drawn by group (a network, a board), so that what is nearly the same row never stands on
both sides. A recipe that chooses among forms does so within the rows of its fit, so that the
figures here are of rows that had no part in the choice.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, rankdata

from .cross_validation import FOLDS, Folds, rmspe
from .domains import Array
from .predictor import Flags, Prediction, Recipe

SHARE = 0.9  # of the interval whose coverage is reported
REACH = float(norm.ppf(0.5 + SHARE / 2))  # spreads to either side


@dataclass(frozen=True)
class Quality:
    """How well rows left out were predicted.

    Attributes:
        n: how many rows.
        rmspe: root mean squared percentage error, as a share.
        mape: mean absolute percentage error, as a share.
        spearman: rank correlation; NaN if all measured or all predicted values are alike.
        coverage90: share of measured values inside mean +- 1.645 std; 0.9 if the spread is honest.
    """

    n: int
    rmspe: float
    mape: float
    spearman: float
    coverage90: float

    def __str__(self) -> str:
        return (
            f"RMSPE {100 * self.rmspe:.1f} %, MAPE {100 * self.mape:.1f} %, rank correlation "
            f"{self.spearman:.3f}, {100 * self.coverage90:.0f} % inside the 90 % interval "
            f"({self.n} rows)"
        )


@dataclass(frozen=True)
class CurvePoint:
    """Quality at one number of measurements.

    Attributes:
        rows: how many were fitted, on average over the repeats.
        quality: of all rows left out, mean over the repeats.
        rmspe_std: spread of the error between repeats.
    """

    rows: int
    quality: Quality
    rmspe_std: float


def quality_of(prediction: Prediction, measured: Array) -> Quality:
    """Compare predictions with measured values `(n,)`, none of them zero.

    >>> seen = Prediction(np.array([1.1, 1.9]), np.array([0.1, 0.01]), np.zeros(2, bool))
    >>> quality = quality_of(seen, np.array([1.0, 2.0]))
    >>> round(quality.mape, 3), round(quality.spearman, 3), quality.coverage90
    (0.075, 1.0, 0.5)
    """
    miss = np.abs(prediction.mean - measured)
    return Quality(
        n=len(measured),
        rmspe=rmspe(prediction.mean, measured),
        mape=float(np.mean(miss / measured)),
        spearman=_rank_correlation(prediction.mean, measured),
        coverage90=float(np.mean(miss <= REACH * prediction.std)),
    )


def cross_validate(recipe: Recipe, features: Array, costs: Array, folds: Folds) -> Prediction:
    """Predict each row, with its spread, by a predictor fitted to the other folds.

    Args:
        recipe: to be judged.
        features: `(n, d)`.
        costs: `(n,)`.
        folds: `(n,)`, at least two different ones.

    Raises:
        ValueError: if there is but one fold.
    """
    if len(np.unique(folds)) < 2:
        raise ValueError("`folds` must be at least 2, got 1; measure more networks")
    mean, std, outside = np.empty(len(costs)), np.empty(len(costs)), np.empty(len(costs), bool)
    for left_out in np.unique(folds):
        held, rest = folds == left_out, folds != left_out
        seen = recipe.fit(features[rest], costs[rest]).predict(features[held])
        mean[held], std[held], outside[held] = seen.mean, seen.std, seen.extrapolated
    return Prediction(mean, std, outside)


def group_folds(groups: Sequence[Hashable], rng: np.random.Generator, count: int = FOLDS) -> Folds:
    """Random folds that keep each group whole.

    Args:
        groups: `(n,)`, equal for rows that belong together.
        rng: draws the folds.
        count: of the folds; fewer if there are fewer groups.

    Returns:
        `(n,)`; folds hold equally many groups, but for one.

    >>> folds = group_folds(["a", "b", "a", "c"], np.random.default_rng(0))
    >>> bool(folds[0] == folds[2]), len(set(folds))
    (True, 3)
    """
    names = list(dict.fromkeys(groups))
    place = dict(zip(names, rng.permutation(len(names)) % min(count, len(names)), strict=True))
    return np.array([place[group] for group in groups], dtype=np.intp)


def learning_curve(
    recipe: Recipe,
    features: Array,
    costs: Array,
    *,
    sizes: Sequence[int],
    groups: Sequence[Hashable],
    rng: np.random.Generator,
    repeats: int = 5,
) -> tuple[CurvePoint, ...]:
    """Quality on rows left out, by how many were fitted.

    Args:
        recipe: to be judged.
        features: `(n, d)`.
        costs: `(n,)`.
        sizes: of the fits, in rows; those that leave nothing to test are passed over.
        groups: `(n,)`, rows that belong together; a fit takes whole groups until it has its size.
        rng: draws the groups.
        repeats: draws at each size.
    """
    points = []
    for size in sizes:
        draws = [_split(groups, size, rng) for _ in range(repeats)]
        draws = [taken for taken in draws if not taken.all()]
        if draws:
            judged = [_judge(recipe, features, costs, taken) for taken in draws]
            rows = round(float(np.mean([taken.sum() for taken in draws])))
            errors = [quality.rmspe for quality in judged]
            points.append(CurvePoint(rows, mean_quality(judged), float(np.std(errors))))
    return tuple(points)


def mean_quality(several: Sequence[Quality]) -> Quality:
    """The mean of each figure."""
    return Quality(
        n=round(float(np.mean([quality.n for quality in several]))),
        rmspe=float(np.mean([quality.rmspe for quality in several])),
        mape=float(np.mean([quality.mape for quality in several])),
        spearman=float(np.mean([quality.spearman for quality in several])),
        coverage90=float(np.mean([quality.coverage90 for quality in several])),
    )


def _judge(recipe: Recipe, features: Array, costs: Array, taken: Flags) -> Quality:
    predictor = recipe.fit(features[taken], costs[taken])
    return quality_of(predictor.predict(features[~taken]), costs[~taken])


def _split(groups: Sequence[Hashable], size: int, rng: np.random.Generator) -> Flags:
    """Which rows a fit takes: whole groups in random order until there are `size` rows."""
    names = list(dict.fromkeys(groups))
    rank = {names[place]: i for i, place in enumerate(rng.permutation(len(names)))}
    order = np.array([rank[group] for group in groups])
    counts = np.cumsum(np.bincount(order))
    return np.asarray(order <= int(np.searchsorted(counts, size)))


def _rank_correlation(predicted: Array, measured: Array) -> float:
    first, second = rankdata(predicted), rankdata(measured)
    first, second = first - first.mean(), second - second.mean()
    norms = np.linalg.norm(first) * np.linalg.norm(second)
    return float(first @ second / norms) if norms > 0 else float("nan")
