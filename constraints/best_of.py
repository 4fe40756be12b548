"""The one of several recipes that predicts rows left out best."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .cross_validation import cross_predict, distinct_folds, mean_fit
from .domains import Array
from .predictor import Chooser, Predictor, Recipe
from .residual import MARGIN, log_error

TINY = 1e-12  # in the unit of the cost: logarithms are taken of predictions


@dataclass(frozen=True)
class BestOf:
    """Chooses by cross-validation; a later recipe has to win by a margin.

    Attributes:
        recipes: the simplest first.
    """

    recipes: tuple[Recipe, ...]
    name: str = "best"
    version: int = 1

    def fit(self, features: Array, costs: Array) -> Predictor:
        """Choose, then fit the chosen one on all rows."""
        return self.settle(features, costs).fit(features, costs)

    def settle(self, features: Array, costs: Array) -> Recipe:
        """The recipe that these rows choose, its own choices made."""
        ready = [_settled(recipe, features, costs) for recipe in self.recipes]
        errors = [left_out_error(recipe, features, costs) for recipe in ready]
        best = 0
        for place, error in enumerate(errors):
            if error < errors[best] * (1 - MARGIN):
                best = place
        return ready[best]


def left_out_error(recipe: Recipe, features: Array, costs: Array) -> float:
    """Root mean square of the logarithm's error on rows left out; a tenth is about 10 %.

    Args:
        recipe: fitted to all but a fold at a time.
        features: `(n, d)`.
        costs: `(n,)`, positive.
    """
    predicted = cross_predict(mean_fit(recipe), features, costs, distinct_folds(features))
    return log_error(np.log(np.maximum(predicted, TINY)), costs)


def _settled(recipe: Recipe, features: Array, costs: Array) -> Recipe:
    return recipe.settle(features, costs) if isinstance(recipe, Chooser) else recipe
