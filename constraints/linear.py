"""HyperPower's cost model: linear in the structural hyper-parameters.

    cost_hat(z) = w . z + b

`z` are the numbers that shape the network (features and kernel of each layer, units, ...), `w` and
`b` come from least squares on costs measured on one device. The paper's models have no intercept;
ours does, because an inference has a fixed cost (launch, context), and a penalty that only settles
directions which the rows leave open. The spread of the error is that of cross-validated residuals,
so that a model with as many weights as rows does not claim to be exact.

References:
    [Stamoulis2018] D. Stamoulis, E. Cai, D.-C. Juan, D. Marculescu. HyperPower: Power- and
        Memory-Constrained Hyper-Parameter Optimization for Neural Networks. DATE 2018.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .cross_validation import cross_predict
from .domains import Array
from .predictor import Prediction
from .row_checks import check_features, check_rows

# Relative to the unit variance of the scaled features. Measured on three profiles of the digits
# space, 24 rows of 12 features, mean 10-fold RMSPE of memory: 37.8 % at a tenth, 32.6 % here,
# 45.4 % at ten times; at 54 rows 22.4, 20.8 and 32.8 %.
RIDGE = 1e-1


@dataclass(frozen=True, eq=False)
class LinearModel:
    """A fitted linear cost model.

    Attributes:
        weights: `(d,)`, unit of the cost per unit of each feature.
        intercept: in the unit of the cost.
        residual_std: spread of the error, in the unit of the cost.
        low: `(d,)`, least value of each feature in the fit.
        high: `(d,)`, greatest value of each feature in the fit.
        rows: how many measurements were fitted.
    """

    weights: Array
    intercept: float
    residual_std: float
    low: Array
    high: Array
    rows: int

    def predict(self, features: Array) -> Prediction:
        """A cost below zero is read as zero."""
        check_features(features, len(self.weights))
        mean = np.maximum(features @ self.weights + self.intercept, 0.0)
        outside = ((features < self.low) | (features > self.high)).any(axis=1)
        return Prediction(mean, np.full(len(mean), self.residual_std), np.asarray(outside))

    def describe(self) -> str:
        """Rows and features."""
        return f"linear in {len(self.weights)} structural features, {self.rows} measurements"


@dataclass(frozen=True)
class LinearRecipe:
    """Fits `LinearModel`s; the spread comes from cross-validated residuals.

    Attributes:
        ridge: penalty on the squared weights of the scaled features; dimensionless.
    """

    ridge: float = RIDGE
    name: str = "linear"
    version: int = 1

    def fit(self, features: Array, costs: Array) -> LinearModel:
        """Fit on all rows; the spread comes from rows left out."""
        check_rows(features, costs)
        weights, intercept = solve_ridge(features, costs, self.ridge)
        residuals = costs - cross_predict(self.fit_mean, features, costs)
        return LinearModel(
            weights=weights,
            intercept=intercept,
            residual_std=float(np.sqrt(np.mean(residuals**2))),
            low=features.min(axis=0),
            high=features.max(axis=0),
            rows=len(costs),
        )

    def fit_mean(self, features: Array, costs: Array) -> Callable[[Array], Array]:
        """Fit without the spread."""
        weights, intercept = solve_ridge(features, costs, self.ridge)
        return lambda rows: np.maximum(rows @ weights + intercept, 0.0)


def solve_ridge(features: Array, costs: Array, ridge: float) -> tuple[Array, float]:
    """Weights and intercept of a ridge regression on centred and scaled features.

    Scaling makes the penalty mean the same whatever the features' units.

    Args:
        features: `(n, d)`, finite.
        costs: `(n,)`.
        ridge: penalty per row, relative to the unit variance of the scaled features.

    Returns:
        Weights `(d,)` for the features as given, and the intercept.
    """
    centre, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 0, scale, 1.0)  # a constant feature says nothing: weight 0
    x = (features - centre) / scale
    y_mean = float(costs.mean())
    # d extra rows instead of normal equations, so that the condition number is not squared
    penalty = np.sqrt(ridge * len(costs)) * np.eye(x.shape[1])
    lhs = np.vstack([x, penalty])
    rhs = np.concatenate([costs - y_mean, np.zeros(x.shape[1])])
    weights = np.linalg.lstsq(lhs, rhs, rcond=None)[0] / scale
    return weights, float(y_mean - centre @ weights)
