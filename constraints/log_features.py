"""Features and costs on a logarithmic scale, as costs are products of what shapes a network.

A column of positive numbers becomes its logarithm; one with zeros becomes log(1 + x / least
positive value), so that zero stays apart; one with negative numbers stays as it is. Then each is
centred and scaled by the rows of the fit. A constant column becomes zero: it says nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .domains import Array
from .predictor import Flags

FLOOR = 1e-3  # share of the least value seen below which all is alike: log(0) must not be -inf


@dataclass(frozen=True, eq=False)
class LogScale:
    """How features become columns of mean 0 and spread 1.

    Attributes:
        least: `(d,)`, least positive value of each feature.
        positive: `(d,)` of bool, columns of positive numbers.
        signed: `(d,)` of bool, columns with negative numbers.
        centre: `(d,)`, of the columns after the logarithm.
        scale: `(d,)`, positive.
    """

    least: Array
    positive: Flags
    signed: Flags
    centre: Array
    scale: Array

    @staticmethod
    def of(features: Array) -> LogScale:
        """The scale of rows `(n, d)`, at least one.

        >>> LogScale.of(np.array([[1.0, 0.0], [4.0, 2.0]])).transform(np.array([[2.0, 1.0]]))
        array([[0.      , 0.169925]])
        """
        least = np.where(features > 0, features, np.inf).min(axis=0)
        least = np.where(np.isfinite(least), least, 1.0)
        signed = np.asarray((features < 0).any(axis=0))
        positive = np.asarray((features > 0).all(axis=0))
        width = features.shape[1]
        bare = LogScale(least, positive, signed, np.zeros(width), np.ones(width))
        columns = bare.transform(features)
        spread = columns.std(axis=0)
        scale = np.where(spread > 1e-9, spread, np.inf)
        return LogScale(least, positive, signed, columns.mean(axis=0), scale)

    def transform(self, features: Array) -> Array:
        """Rows `(n, d)` as columns `(n, d)`."""
        ratio = np.maximum(features / self.least, 0.0)
        logs = np.where(self.positive, np.log(np.maximum(ratio, FLOOR)), np.log1p(ratio))
        return np.asarray((np.where(self.signed, features, logs) - self.centre) / self.scale)
