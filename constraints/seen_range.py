"""The range of features that a model has seen, and how far outside of it a row lies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .domains import Array
from .predictor import Flags


@dataclass(frozen=True, eq=False)
class SeenRange:
    """Least and greatest value of each feature among the rows of a fit.

    Attributes:
        low: `(d,)`.
        high: `(d,)`.
    """

    low: Array
    high: Array

    @staticmethod
    def of(features: Array) -> SeenRange:
        """The range of rows `(n, d)`; without a row, everything lies outside."""
        if not len(features):
            width = features.shape[1]
            return SeenRange(np.full(width, np.inf), np.full(width, -np.inf))
        return SeenRange(features.min(axis=0), features.max(axis=0))

    def outside(self, features: Array) -> Flags:
        """Whether a feature lies outside, `(n,)`."""
        return np.asarray(((features < self.low) | (features > self.high)).any(axis=1))

    def widening(self, features: Array) -> Array:
        """By how much to widen the spread of each row, `(n,)`, 1 for a row inside.

        One range's width outside doubles the spread, two treble it. The sum over the features, as
        each is another direction in which nothing was measured. A feature that never changed has
        its own size for a width.

        >>> seen = SeenRange(np.array([1.0]), np.array([3.0]))
        >>> seen.widening(np.array([[2.0], [4.0], [7.0]]))
        array([1. , 1.5, 3. ])
        """
        if not np.isfinite(self.low).all():
            return np.ones(len(features))
        width = self.high - self.low
        width = np.where(width > 0, width, np.maximum(np.abs(self.high), 1.0))
        excess = np.maximum(np.maximum(self.low - features, features - self.high), 0.0)
        return np.asarray(1.0 + (excess / width).sum(axis=1))
