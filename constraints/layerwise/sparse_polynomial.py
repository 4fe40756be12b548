"""NeuralPower's model of one kind of layer: a sparse polynomial, fitted by Lasso.

The columns of `design` are standardised (MATLAB's `lasso`, which [Cai2017] used, does so
internally) and the penalty is that of least mean squared error in ten folds. Predicted times are
clamped from below. The spread is the root mean squared error of the left-out folds at the chosen
penalty, so it holds for layers of the kind and range that were measured.

References:
    [Cai2017] see columns.py.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LassoCV
from sklearn.model_selection import PredefinedSplit
from sklearn.preprocessing import StandardScaler

from ..cross_validation import FOLDS
from ..domains import Array
from ..predictor import Prediction
from .columns import check_kind
from .design import QUANTITIES, design

# [Cai2017]'s released predictor: none of its kinds of layer is predicted faster than this.
LEAST_LATENCY_S = 0.105e-3
# Relative to the largest; MATLAB tries 100 penalties from there down, and so does scikit-learn.
SMALLEST_PENALTY = 1e-4
# Columns such as N and N^2 are nearly collinear, so coordinate descent creeps. Measured on 667
# convolutions: 1.6 s (time) and 2.8 s (power) here, 2.3 and 13.9 s at ten times, where RMSE on 333
# others falls by 2 and 5 %; a tenth takes 0.6 s and keeps 122 terms of the time instead of 94.
ITERATIONS = 1000


@dataclass(frozen=True, eq=False)
class SparsePolynomial:
    """A fitted cost of one kind of layer.

    Attributes:
        kind: `conv`, `dense` or `pool`.
        quantity: `time` or `power`.
        weights: `(width - 1,)`, of the columns of `design` after the intercept's.
        intercept: in the unit of the cost.
        floor: least cost it predicts, same unit.
        residual_std: spread of the error, same unit.
        low: least value of each raw column in the fit.
        high: greatest value of each raw column in the fit.
        rows: how many layers were fitted.
    """

    kind: str
    quantity: str
    weights: Array
    intercept: float
    floor: float
    residual_std: float
    low: Array
    high: Array
    rows: int

    @property
    def size(self) -> int:
        """Non-zero weights and the intercept, as [Cai2017] counts."""
        return int(np.count_nonzero(self.weights)) + 1

    def predict(self, features: Array) -> Prediction:
        """`features` are raw columns, see `COLUMNS`."""
        terms = design(self.kind, self.quantity, features)[:, 1:]
        mean = np.maximum(terms @ self.weights + self.intercept, self.floor)
        outside = ((features < self.low) | (features > self.high)).any(axis=1)
        return Prediction(mean, np.full(len(mean), self.residual_std), np.asarray(outside))

    def describe(self) -> str:
        """Kind, quantity, size and rows."""
        width = len(self.weights) + 1
        return (
            f"{self.quantity} of {self.kind} layers: polynomial of size {self.size} of {width}, "
            f"{self.rows} measurements"
        )


@dataclass(frozen=True)
class SparsePolynomialRecipe:
    """Fits `SparsePolynomial`s.

    Attributes:
        kind: `conv`, `dense` or `pool`.
        quantity: `time` or `power`.
        floor: least cost to predict, in the unit of the cost; `LEAST_LATENCY_S` is [Cai2017]'s for
            times on a GPU.
        name: in stored predictors.
        version: of the fit.
    """

    kind: str
    quantity: str
    floor: float = 0.0
    name: str = "layerwise"
    version: int = 1

    def __post_init__(self) -> None:
        check_kind(self.kind)
        if self.quantity not in QUANTITIES:
            raise ValueError(
                f"`quantity` must be one of {', '.join(QUANTITIES)}, got {self.quantity!r}"
            )
        if not self.floor >= 0:
            raise ValueError(f"`floor` must not be negative, got {self.floor}")

    def fit(self, features: Array, costs: Array) -> SparsePolynomial:
        """Fit on all rows; penalty and spread come from folds left out."""
        terms = design(self.kind, self.quantity, features)[:, 1:]
        _check_costs(terms, costs)
        scaler = StandardScaler().fit(terms)
        lasso = _fit_lasso(scaler.transform(terms), costs)
        weights = lasso.coef_ / scaler.scale_
        chosen = int(np.argmin(lasso.mse_path_.mean(axis=1)))
        return SparsePolynomial(
            kind=self.kind,
            quantity=self.quantity,
            weights=weights,
            intercept=float(lasso.intercept_ - scaler.mean_ @ weights),
            floor=self.floor,
            residual_std=float(np.sqrt(lasso.mse_path_[chosen].mean())),
            low=features.min(axis=0),
            high=features.max(axis=0),
            rows=len(costs),
        )


def _fit_lasso(terms: Array, costs: Array) -> LassoCV:
    lasso = LassoCV(
        cv=PredefinedSplit(np.arange(len(costs)) % FOLDS),
        eps=SMALLEST_PENALTY,
        max_iter=ITERATIONS,
    )
    with warnings.catch_warnings():  # the duality gap of collinear columns, see ITERATIONS
        warnings.simplefilter("ignore", ConvergenceWarning)
        return lasso.fit(terms, costs)


def _check_costs(terms: Array, costs: Array) -> None:
    if costs.shape != (len(terms),):
        raise ValueError(f"`costs` must be ({len(terms)},), got {costs.shape}")
    if len(costs) < FOLDS:
        raise ValueError(
            f"at least {FOLDS} measured layers are needed to choose a penalty, got {len(costs)}"
        )
    if not (np.isfinite(costs).all() and (costs > 0).all()):
        raise ValueError("`costs` must be finite and positive; drop failed measurements first")
