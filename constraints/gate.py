"""Admission: which candidates are worth dispatching, by what they are predicted to cost.

The gate of this file is HyperPower's: a candidate is admitted if and only if the point estimate of
each budgeted cost is inside its bound. Beside it stands the probability of being inside,

    p_valid = product over the constraints of Phi((bound - mean) / std),

which HW-CWEI weighs its acquisition with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from scipy.stats import norm

from .domains import Array
from .objective import Constraint
from .predictor import Flags, Predictor


@dataclass(frozen=True)
class Verdict:
    """What the gate says of one candidate.

    Attributes:
        admitted: whether it may be dispatched.
        probability: that all budgeted costs are inside their bounds.
        costs: predicted mean by metric, in the metric's unit.
        broken: metrics predicted over their bound, worst first; empty if admitted.
        miss: worst predicted cost over its bound; at most 1 if admitted, 0 without a constraint.
        extrapolated: whether a feature lies outside what the predictors have seen.
    """

    admitted: bool
    probability: float
    costs: Mapping[str, float] = field(default_factory=dict)
    broken: tuple[str, ...] = ()
    miss: float = 0.0
    extrapolated: bool = False


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What the gate says of n candidates; `verdicts[i]` is one.

    Attributes:
        admitted: `(n,)` of bool.
        probability: `(n,)` in [0, 1].
        costs: predicted means by metric, each `(n,)`.
        misses: predicted mean over bound by metric, each `(n,)`; above 1 breaks it.
        extrapolated: `(n,)` of bool.
    """

    admitted: Flags
    probability: Array
    costs: Mapping[str, Array]
    misses: Mapping[str, Array]
    extrapolated: Flags

    def __getitem__(self, index: int) -> Verdict:
        """The verdict on one candidate."""
        misses = {metric: float(ratio[index]) for metric, ratio in self.misses.items()}
        over = [metric for metric, ratio in misses.items() if ratio > 1]
        return Verdict(
            admitted=bool(self.admitted[index]),
            probability=float(self.probability[index]),
            costs={metric: float(mean[index]) for metric, mean in self.costs.items()},
            broken=tuple(sorted(over, key=lambda metric: -misses[metric])),
            miss=max(misses.values(), default=0.0),
            extrapolated=bool(self.extrapolated[index]),
        )

    def worst_miss(self) -> Array:
        """Worst predicted cost over its bound, `(n,)`; 0 without a constraint."""
        stacked = np.vstack([np.zeros(len(self.admitted)), *self.misses.values()])
        return np.asarray(stacked.max(axis=0))


class Gate(Protocol):
    """Decides which candidates may be dispatched."""

    def screen(self, features: Array) -> Verdicts:
        """Judge candidates.

        Args:
            features: `(n, d)`, encoded for the cost models.
        """
        ...


@dataclass(frozen=True)
class OpenGate:
    """Admits all: the gate of a constraint-unaware strategy."""

    def screen(self, features: Array) -> Verdicts:
        """All admitted, with certainty."""
        count = len(features)
        return Verdicts(np.ones(count, bool), np.ones(count), {}, {}, np.zeros(count, bool))


@dataclass(frozen=True, eq=False)
class PointGate:
    """HyperPower's gate: admitted if every point estimate is inside its bound.

    Attributes:
        constraints: the predicted ones.
        predictors: by metric. A constraint without a predictor refuses nothing.
    """

    constraints: Sequence[Constraint]
    predictors: Mapping[str, Predictor]

    def screen(self, features: Array) -> Verdicts:
        """Judge by point estimates; the probability by their spread."""
        count = len(features)
        admitted, probability = np.ones(count, bool), np.ones(count)
        outside = np.zeros(count, bool)
        costs: dict[str, Array] = {}
        misses: dict[str, Array] = {}
        for constraint in self.constraints:
            predictor = self.predictors.get(constraint.metric)
            if predictor is None:
                continue
            prediction = predictor.predict(features)
            costs[constraint.metric] = prediction.mean
            misses[constraint.metric] = prediction.mean / constraint.bound
            admitted &= prediction.mean <= constraint.bound
            probability *= chance_inside(prediction.mean, prediction.std, constraint.bound)
            outside |= prediction.extrapolated
        return Verdicts(admitted, probability, costs, misses, outside)


def chance_inside(mean: Array, std: Array, bound: float) -> Array:
    """Probability that a normal value is at most `bound`; 0 or 1 where `std` is 0.

    >>> chance_inside(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 0.0]), 2.0)
    array([1. , 0.5, 0. ])
    """
    certain = std <= 0
    z = (bound - mean) / np.where(certain, 1.0, std)
    return np.where(certain, (mean <= bound).astype(np.float64), norm.cdf(z))
