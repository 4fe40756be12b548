"""Predictions of rows that the model has not seen, by leaving out one fold at a time."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .domains import Array

FOLDS = 10  # [Stamoulis2018], see linear.py
Fit = Callable[[Array, Array], Callable[[Array], Array]]


def cross_predict(fit: Fit, features: Array, costs: Array) -> Array:
    """Predict each row from the folds that do not hold it: row i is in fold i mod 10.

    Args:
        fit: from features `(n, d)` and costs `(n,)` to a function that predicts `(m,)` costs.
        features: `(n, d)`.
        costs: `(n,)`, at least two; with fewer than ten, each row is a fold.

    Returns:
        `(n,)`, in the unit of the costs.
    """
    fold = np.arange(len(costs)) % min(FOLDS, len(costs))
    predicted = np.empty(len(costs))
    for left_out in np.unique(fold):
        held, rest = fold == left_out, fold != left_out
        predicted[held] = fit(features[rest], costs[rest])(features[held])
    return predicted


def rmspe(predicted: Array, measured: Array) -> float:
    """Root mean squared percentage error, as a share (0.05 is 5 %).

    Args:
        predicted: `(n,)`.
        measured: `(n,)`, none of them zero.

    >>> round(rmspe(np.array([1.1, 1.8]), np.array([1.0, 2.0])), 3)
    0.1
    """
    return float(np.sqrt(np.mean(((predicted - measured) / measured) ** 2)))
