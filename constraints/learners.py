"""Learners of a number from scaled columns: ridge, Gaussian process, trees.

Thin wraps of scikit-learn behind one role. They see logarithms of features and of costs (see
`log_features.py`), or what a physical model left unexplained; none of them knows a unit. Seeds are
fixed: the same rows give the same learner.

References:
    [Rasmussen2006] C. E. Rasmussen, C. K. I. Williams. Gaussian Processes for Machine Learning.
        MIT Press 2006.
    [Geurts2006] P. Geurts, D. Ernst, L. Wehenkel. Extremely Randomized Trees. Machine Learning
        63(1), 2006.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from sklearn.ensemble import ExtraTreesRegressor, HistGradientBoostingRegressor
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel
from sklearn.linear_model import RidgeCV

from .domains import Array
from .kernel_search import learn_shape

CHUNK = 8192  # rows predicted at once: bounds memory, 60 MB for a process of 1000 rows
SEED = 0
# A kernel's shape is learned on so many rows and then conditioned on all: a gradient costs n^2 d
# numbers, so that double takes four times as long.
KERNEL_ROWS = 200
# A spread costs n^2 a row, a mean n. Some rows know less than all, so that theirs is not too small.
SPREAD_ROWS = 100
PENALTIES = np.logspace(-4, 3, 15)  # from no shrinking to none but the mean, for scaled columns


class Fitted(Protocol):
    """A learner that has seen rows."""

    def predict(self, columns: Array) -> tuple[Array, Array]:
        """Mean and spread of each row.

        Args:
            columns: `(n, d)`, scaled as those of the fit.

        Returns:
            Two of `(n,)`; the spread says only where it is greater, not how great it is: it is 1
            for a learner that cannot tell.
        """
        ...


class Learner(Protocol):
    """How to learn a number from columns."""

    @property
    def name(self) -> str:
        """For people and stored choices."""
        ...

    @property
    def least_rows(self) -> int:
        """Fewer do not teach it anything."""
        ...

    def fit(self, columns: Array, targets: Array) -> Fitted:
        """Learn from columns `(n, d)` of mean 0 and spread 1, and targets `(n,)`."""
        ...

    def conditioned(self, columns: Array, targets: Array) -> Learner:
        """One whose costly settings, if it has any, are taken from these rows.

        For cross-validation: a fold then costs a solve instead of a search. The few settings (not
        the rows) are shared between folds, so its errors are a little too good.
        """
        ...


@dataclass(frozen=True, eq=False)
class Quadratic:
    """A constant, a linear and a quadratic part: `c + x . w + x Q x`."""

    constant: float
    weights: Array
    products: Array | None

    def predict(self, columns: Array) -> tuple[Array, Array]:
        """Products are never written out, so that 10,000 candidates cost two matrix products."""
        mean = columns @ self.weights + self.constant
        if self.products is not None:
            mean = mean + ((columns @ self.products) * columns).sum(axis=1)
        return mean, np.ones(len(columns))


@dataclass(frozen=True)
class Ridge:
    """Linear, or with all squares and products; the penalty by generalised cross-validation.

    Attributes:
        degree: 1 or 2.
    """

    degree: int = 1

    @property
    def name(self) -> str:
        """With its degree."""
        return "ridge" if self.degree == 1 else "ridge of products"

    @property
    def least_rows(self) -> int:
        """Products need more."""
        return 10 if self.degree == 1 else 20

    def conditioned(self, columns: Array, targets: Array) -> Ridge:
        """Each fold chooses its own penalty."""
        return self

    def fit(self, columns: Array, targets: Array) -> Quadratic:
        """Products are centred and scaled like the columns, so that one penalty suits all."""
        width = columns.shape[1]
        upper = np.triu_indices(width) if self.degree == 2 else (np.zeros(0, int),) * 2
        products = columns[:, upper[0]] * columns[:, upper[1]]
        centre, spread = products.mean(axis=0), products.std(axis=0)
        scale = np.where(spread > 1e-9, spread, np.inf)
        design = np.hstack([columns, (products - centre) / scale])
        ridge = _penalised(design, targets)
        weights, per_product = ridge.coef_[:width], ridge.coef_[width:] / scale
        matrix = np.zeros((width, width))
        matrix[upper] = per_product
        constant = float(ridge.intercept_ - centre @ per_product)
        return Quadratic(constant, weights, matrix if self.degree == 2 else None)


def _penalised(design: Array, targets: Array) -> Any:
    """Repeats count as one row of their weight: left out one by one, each would know its twin."""
    rows, where, counts = np.unique(design, axis=0, return_inverse=True, return_counts=True)
    means = np.bincount(where.reshape(-1), targets) / counts
    return RidgeCV(alphas=PENALTIES).fit(rows, means, sample_weight=counts)


@dataclass(frozen=True, eq=False)
class Foreign:
    """A fitted regressor of scikit-learn, asked in chunks.

    Attributes:
        regressor: predicts the mean.
        process: of scikit-learn too, predicts the spread; None where it is not known.
    """

    regressor: Any
    process: Any = None

    def predict(self, columns: Array) -> tuple[Array, Array]:
        """A process knows its spread, trees do not."""
        mean, spread = np.zeros(len(columns)), np.ones(len(columns))
        for start in range(0, len(columns), CHUNK):
            rows = slice(start, start + CHUNK)
            if self.process is not self.regressor:
                mean[rows] = self.regressor.predict(columns[rows])
            if self.process is not None:
                known, spread[rows] = self.process.predict(columns[rows], return_std=True)
                mean[rows] = known if self.process is self.regressor else mean[rows]
        return mean, spread


@dataclass(frozen=True, eq=False)
class Process:
    """A Gaussian process: Matern 5/2 with a length for each column, and noise [Rasmussen2006].

    Attributes:
        kernel: whose shape is known already; learned from the rows if None.
    """

    kernel: Any = None

    @property
    def name(self) -> str:
        """For people."""
        return "Gaussian process"

    @property
    def least_rows(self) -> int:
        """Below, its d + 2 settings are guesses."""
        return 40

    def conditioned(self, columns: Array, targets: Array) -> Process:
        """Its kernel, learned from at most `KERNEL_ROWS` of these rows by their likelihood."""
        some = np.random.default_rng(SEED).permutation(len(targets))[:KERNEL_ROWS]
        shape = learn_shape(columns[some], targets[some])
        smooth = ConstantKernel(shape.amplitude) * Matern(shape.lengths, nu=2.5)
        return Process(smooth + WhiteKernel(shape.noise))

    def fit(self, columns: Array, targets: Array) -> Foreign:
        """Condition the kernel on all rows for the mean, and on some for the spread."""
        if self.kernel is None:
            return self.conditioned(columns, targets).fit(columns, targets)
        # In units of the amplitude, which changes no mean and no ratio of spreads: each further
        # part of a kernel costs a matrix of rows by points.
        smooth, white = self.kernel.k1, self.kernel.k2
        matern, noise = smooth.k2, white.noise_level / smooth.k1.constant_value
        some = np.random.default_rng(SEED).permutation(len(targets))[:SPREAD_ROWS]
        noisy = matern + WhiteKernel(noise)
        few = GaussianProcessRegressor(noisy, optimizer=None, normalize_y=True)
        few.fit(columns[some], targets[some])
        if len(some) == len(targets):
            return Foreign(few, few)
        process = GaussianProcessRegressor(matern, alpha=noise, optimizer=None, normalize_y=True)
        return Foreign(process.fit(columns, targets), few)


@dataclass(frozen=True)
class Trees:
    """Extremely randomised trees [Geurts2006]."""

    name: str = "random trees"
    least_rows: int = 100

    def conditioned(self, columns: Array, targets: Array) -> Trees:
        """Nothing to be taken."""
        return self

    def fit(self, columns: Array, targets: Array) -> Foreign:
        """Two rows a leaf: one alone repeats its noise."""
        trees = ExtraTreesRegressor(100, min_samples_leaf=2, random_state=SEED)
        return Foreign(trees.fit(columns, targets))


@dataclass(frozen=True)
class Boosting:
    """Gradient boosting over histograms."""

    name: str = "boosted trees"
    least_rows: int = 200

    def conditioned(self, columns: Array, targets: Array) -> Boosting:
        """Nothing to be taken."""
        return self

    def fit(self, columns: Array, targets: Array) -> Foreign:
        """Shallow trees and small steps: what is left to learn is smooth."""
        boosting = HistGradientBoostingRegressor(
            max_iter=300, learning_rate=0.05, max_leaf_nodes=8, min_samples_leaf=10,
            l2_regularization=1.0, early_stopping=False, random_state=SEED,
        )  # fmt: skip
        return Foreign(boosting.fit(columns, targets))
