"""Two learners for single layers, beside those of learners.py.

`RelativeBoosting` minimises squared percentage errors: boosted trees on the ratio of cost and mean,
each row weighted by the inverse square of its ratio. It matters where single measurements are far
too slow: a logarithm follows them up, a ratio does not. `PatientProcess` learns the shape of its
kernel from more rows, as layers are measured by the hundred.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

from ..domains import Array
from ..learners import SEED, Fitted, Process

LEAST_RATIO = 1e-3  # of cost to mean; leaves average positive ratios, so only overshooting is below
# Measured on the time of 896 poolings, ten folds: 5.8 % RMSPE at half, 5.0 % here.
KERNEL_ROWS = 400


@dataclass(frozen=True, eq=False)
class RatioTrees:
    """Fitted trees of cost over mean, asked for its logarithm."""

    trees: Any

    def predict(self, columns: Array) -> tuple[Array, Array]:
        """They cannot tell a spread."""
        if not len(columns):
            return np.zeros(0), np.zeros(0)
        ratio = np.maximum(self.trees.predict(columns), LEAST_RATIO)
        return np.log(ratio), np.ones(len(columns))


@dataclass(frozen=True)
class RelativeBoosting:
    """Boosted trees that minimise squared percentage errors.

    Measured on the time of 999 dense layers: 10.9 % RMSPE after a roofline, 13.0 % with `Boosting`.
    """

    name: str = "boosted ratios"
    least_rows: int = 100

    def conditioned(self, columns: Array, targets: Array) -> RelativeBoosting:
        """Nothing to be taken."""
        return self

    def fit(self, columns: Array, targets: Array) -> RatioTrees:
        """`targets` are logarithms of the ratio."""
        ratio = np.exp(targets)
        trees = HistGradientBoostingRegressor(
            max_iter=300, learning_rate=0.05, max_leaf_nodes=8, min_samples_leaf=10,
            l2_regularization=1.0, early_stopping=False, random_state=SEED,
        )  # fmt: skip
        return RatioTrees(trees.fit(columns, ratio, sample_weight=ratio**-2))


@dataclass(frozen=True)
class PatientProcess:
    """A Gaussian process whose kernel has seen `KERNEL_ROWS` rows."""

    name: str = "Gaussian process"
    least_rows: int = 40

    def conditioned(self, columns: Array, targets: Array) -> Process:
        """Its kernel, by marginal likelihood."""
        some = np.random.default_rng(SEED).permutation(len(targets))[:KERNEL_ROWS]
        lengths = np.full(columns.shape[1], 3.0)
        shape = ConstantKernel(1.0, (1e-3, 1e3)) * Matern(lengths, (0.1, 1e3), nu=2.5)
        learned = GaussianProcessRegressor(shape + WhiteKernel(0.1, (1e-5, 1e1)), normalize_y=True)
        with warnings.catch_warnings():  # a length at its bound is a column that says nothing
            warnings.simplefilter("ignore", ConvergenceWarning)
            learned.fit(columns[some], targets[some])
        return Process(learned.kernel_)

    def fit(self, columns: Array, targets: Array) -> Fitted:
        """Learn the kernel, then condition it on all rows."""
        return self.conditioned(columns, targets).fit(columns, targets)
