"""Predictions of rows that the model has not seen, by leaving out one fold at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from .domains import Array
from .predictor import Recipe

FOLDS = 10  # [Stamoulis2018], see linear.py
Fit = Callable[[Array, Array], Callable[[Array], Array]]
Folds = NDArray[np.intp]


@runtime_checkable
class FitsMean(Protocol):
    """A recipe that can leave out the spread, whose cross-validation costs ten fits more."""

    def fit_mean(self, features: Array, costs: Array) -> Callable[[Array], Array]:
        """Fit only what predicts the mean: from features `(m, d)` to `(m,)`."""
        ...


def mean_fit(recipe: Recipe) -> Fit:
    """How a recipe fits its mean, by the cheapest way it has."""
    if isinstance(recipe, FitsMean):
        return recipe.fit_mean

    def fit(features: Array, costs: Array) -> Callable[[Array], Array]:
        predictor = recipe.fit(features, costs)
        return lambda rows: predictor.predict(rows).mean

    return fit


def cross_predict(fit: Fit, features: Array, costs: Array, folds: Folds | None = None) -> Array:
    """Predict each row from the folds that do not hold it.

    Args:
        fit: from features `(n, d)` and costs `(n,)` to a function that predicts `(m,)` costs.
        features: `(n, d)`.
        costs: `(n,)`, at least two; with fewer than ten, each row is a fold.
        folds: `(n,)`, the fold of each row, at least two of them; row i in fold i mod 10 if None.

    Returns:
        `(n,)`, in the unit of the costs.
    """
    fold = np.arange(len(costs)) % min(FOLDS, len(costs)) if folds is None else folds
    predicted = np.empty(len(costs))
    for left_out in np.unique(fold):
        held, rest = fold == left_out, fold != left_out
        predicted[held] = fit(features[rest], costs[rest])(features[held])
    return predicted


def distinct_folds(features: Array, count: int = FOLDS) -> Folds:
    """Folds that keep rows of equal features together: a repeat must not predict its repeat.

    Args:
        features: `(n, d)`, at least two rows.
        count: of the folds, or fewer if there are fewer different rows. Rows that are all alike
            are a fold each, as there is nothing else to tell apart.

    Returns:
        `(n,)`; in the order of first appearance, so that distinct rows are in fold i mod `count`.

    >>> distinct_folds(np.array([[1.0], [2.0], [1.0], [3.0]]))
    array([0, 1, 0, 2])
    """
    first, label = np.unique(features, axis=0, return_index=True, return_inverse=True)[1:]
    rank = np.argsort(np.argsort(first))[label.reshape(-1)]
    if len(first) == 1:
        return np.arange(len(features)) % count
    return np.asarray(rank % min(count, len(first)))


def rmspe(predicted: Array, measured: Array) -> float:
    """Root mean squared percentage error, as a share (0.05 is 5 %).

    Args:
        predicted: `(n,)`.
        measured: `(n,)`, none of them zero.

    >>> round(rmspe(np.array([1.1, 1.8]), np.array([1.0, 2.0])), 3)
    0.1
    """
    return float(np.sqrt(np.mean(((predicted - measured) / measured) ** 2)))
