"""A Matern 5/2 kernel with one length scale a parameter, however many columns encode it.

    k(x, x') = (1 + r + r^2 / 3) exp(-r)        r^2 = 5 sum_p |x_p - x'_p|^2 / l_p^2

x_p are the columns of parameter p: one for a number, one a value for an unordered choice, and one
for whether a conditional parameter exists. Two different choices are as far apart as both ends of a
range are times the square root of two. With a length scale a column, a space of categories has more
length scales than there are observations to learn them from.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist
from sklearn.gaussian_process.kernels import Hyperparameter, Kernel

from ..constraints.domains import Array

LENGTH_SCALES = (0.02, 200.0)  # in units of a range; wide, since a prior holds them


class GroupedMatern(Kernel):  # type: ignore[misc]  # scikit-learn has no types
    """See the module; a kernel as scikit-learn has them.

    Args:
        length_scale: `(P,)`, one a parameter; of a single one a number.
        groups: `(D,)`, the parameter of each column.
    """

    def __init__(self, length_scale: Array | float, groups: NDArray[np.intp]) -> None:
        self.length_scale = length_scale
        self.groups = groups

    @property
    def hyperparameter_length_scale(self) -> Hyperparameter:
        """What is fitted, and where it may lie."""
        count = int(self.groups.max()) + 1
        return Hyperparameter("length_scale", "numeric", LENGTH_SCALES, n_elements=count)

    def __call__(self, X: Array, Y: Array | None = None, eval_gradient: bool = False) -> Any:
        """The kernel matrix, `(n, m)`, and its gradient by the logarithms of the length scales."""
        if not eval_gradient:
            scales = np.atleast_1d(self.length_scale)[self.groups]
            r = np.sqrt(5) * cdist(X / scales, (X if Y is None else Y) / scales)
            return (1 + r + r * r / 3) * np.exp(-r)
        squares = self._squares(X)
        r = np.sqrt(5 * squares.sum(axis=0))
        decay = np.exp(-r)
        matrix = (1 + r + r * r / 3) * decay
        return matrix, np.moveaxis(5 / 3 * (1 + r) * decay * squares, 0, -1)

    def diag(self, X: Array) -> Array:
        """Ones, `(n,)`."""
        return np.ones(len(X))

    def is_stationary(self) -> bool:
        """It is."""
        return True

    def _squares(self, X: Array) -> Array:
        """Squared distances over squared length scales, `(P, n, n)`."""
        columns = [
            X[:, self.groups == p] / s for p, s in enumerate(np.atleast_1d(self.length_scale))
        ]
        return np.stack([cdist(part, part, "sqeuclidean") for part in columns])
