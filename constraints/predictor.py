"""The role of a cost model: from features of candidates to a cost and its uncertainty.

A recipe turns measured rows into a predictor. A predictor is fitted, immutable, and speaks of one
metric on one kind of device.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from .domains import Array

Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Prediction:
    """Predicted costs of n candidates.

    Attributes:
        mean: `(n,)`, in the unit of the metric; not negative.
        std: `(n,)`, spread of the error to expect, same unit.
        extrapolated: `(n,)` of bool, whether a feature lies outside the range seen in the fit.
    """

    mean: Array
    std: Array
    extrapolated: Flags


class Predictor(Protocol):
    """A fitted cost model of one metric on one kind of device."""

    def predict(self, features: Array) -> Prediction:
        """Predict the cost of each row.

        Args:
            features: `(n, d)`, encoded as those of the fit.

        Raises:
            ValueError: if a row has another number of features than the model.
        """
        ...

    def describe(self) -> str:
        """One line for people: what was fitted, on how many rows."""
        ...


@runtime_checkable
class Chooser(Protocol):
    """A recipe that chooses among ways to fit, which takes long."""

    def settle(self, features: Array, costs: Array) -> Recipe:
        """A recipe that fits quickly, with all choices made on these rows.

        Args:
            features: `(n, d)`.
            costs: `(n,)`.
        """
        ...


class Recipe(Protocol):
    """How to make a predictor from measured rows."""

    @property
    def name(self) -> str:
        """In specs and stored profiles."""
        ...

    @property
    def version(self) -> int:
        """Raised whenever the same rows would give another predictor."""
        ...

    def fit(self, features: Array, costs: Array) -> Predictor:
        """Fit a predictor.

        Args:
            features: `(n, d)`, finite.
            costs: `(n,)`, measured, in one unit on one kind of device.

        Raises:
            ValueError: if the rows are too few, of the wrong shape or not finite.
        """
        ...
