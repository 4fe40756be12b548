"""A cost that is a product of powers of the features: the workhorse for few measurements.

    log cost = b + sum_j w_j x_j  [+ sum_jk q_jk x_j x_k] ,     x: scaled logarithms

Costs of networks are products (channels x channels x kernel x kernel x pixels), so that a line in
logarithms is near the truth where a line in the numbers themselves is far from it. The penalty is
chosen by generalised cross-validation, which costs one decomposition.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .cross_validation import distinct_folds
from .domains import Array
from .learners import Ridge
from .log_forms import Form, LogModel, spread_factor
from .row_checks import check_rows
from .seen_range import SeenRange


@dataclass(frozen=True)
class LogLinearRecipe:
    """Fits a ridge regression of log costs on log features.

    Attributes:
        degree: 1, or 2 for squares and products as well.
    """

    degree: int = 1
    name: str = "log-linear"
    version: int = 1

    def __post_init__(self) -> None:
        if self.degree not in (1, 2):
            raise ValueError(f"`degree` must be 1 or 2, got {self.degree}")

    def fit(self, features: Array, costs: Array) -> LogModel:
        """Fit on all rows; the spread comes from rows left out.

        Raises:
            ValueError: also if a cost is not positive.
        """
        check_rows(features, costs, least=3, logs=True)
        form = Form(None, Ridge(self.degree))
        predicted, spread = form.cross_predict(features, costs, distinct_folds(features))
        fitted = form.fit(features, costs)
        return LogModel(
            forms=((fitted, 1.0),),
            factor=spread_factor(np.log(costs), predicted, spread),
            seen=SeenRange.of(features),
            called=f"log-linear (degree {self.degree})",
            rows=len(costs),
        )

    def fit_mean(self, features: Array, costs: Array) -> Callable[[Array], Array]:
        """Fit without the spread."""
        fitted = Form(None, Ridge(self.degree)).fit(features, costs)
        return lambda rows: np.asarray(np.exp(fitted.predict(rows)[0]))
