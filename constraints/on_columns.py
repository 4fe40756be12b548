"""A recipe that sees some of the features only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .cross_validation import mean_fit
from .domains import Array
from .predictor import Chooser, Prediction, Predictor, Recipe


@dataclass(frozen=True, eq=False)
class ColumnsModel:
    """A predictor that is given all features and looks at some.

    Attributes:
        inner: the predictor.
        columns: that it sees, in its order.
    """

    inner: Predictor
    columns: tuple[int, ...]

    def predict(self, features: Array) -> Prediction:
        """From its columns."""
        return self.inner.predict(features[:, list(self.columns)])

    def describe(self) -> str:
        """As the inner one."""
        return self.inner.describe()


@dataclass(frozen=True)
class OnColumns:
    """Fits a recipe to some columns.

    Attributes:
        inner: the recipe.
        columns: that it sees, in its order.
    """

    inner: Recipe
    columns: tuple[int, ...]

    @property
    def name(self) -> str:
        """Of the inner recipe."""
        return self.inner.name

    @property
    def version(self) -> int:
        """Of the inner recipe."""
        return self.inner.version

    def fit(self, features: Array, costs: Array) -> ColumnsModel:
        """Fit the inner recipe."""
        seen = features[:, list(self.columns)]
        return ColumnsModel(self.inner.fit(seen, costs), self.columns)

    def fit_mean(self, features: Array, costs: Array) -> Callable[[Array], Array]:
        """Fit the inner recipe without the spread."""
        seen = list(self.columns)
        fitted = mean_fit(self.inner)(features[:, seen], costs)
        return lambda rows: fitted(rows[:, seen])

    def settle(self, features: Array, costs: Array) -> OnColumns:
        """With the inner recipe's choices made, if it has any to make."""
        if not isinstance(self.inner, Chooser):
            return self
        seen = features[:, list(self.columns)]
        return OnColumns(self.inner.settle(seen, costs), self.columns)
