"""Admission: which candidates are worth dispatching, by what they are predicted to cost.

A candidate is admitted if and only if each budgeted cost, raised by a margin, is inside its bound:

    mean * exp(margin * spread) <= bound            spread = std / mean

Without margins this is HyperPower's gate, which decides by the point estimate; how margins keep a
promise is told in `margin.py`. Beside it stands the probability of being inside, HW-CWEI's

    p_valid = product over the constraints of Phi((bound - mean) / std),

and with margins that of a logarithm with heavy tails, F4(log(bound / mean) / spread), Student's
with 4 degrees of freedom: models of few rows are off by many spreads now and then.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from scipy.stats import norm, t

from .domains import Array
from .objective import Constraint
from .predictor import Flags, Prediction, Predictor

# Relative. A model that claims to be exact still gets a margin that can grow; at half, a wrong
# claim takes twice as many violations to correct, at double an exact model rejects 1 % too much.
LEAST_SPREAD = 0.01
MOST_SPREAD = 1.0  # a prediction worse than this says nothing; more would only overflow
TAILS = 4.0  # degrees of freedom; many are normal


@dataclass(frozen=True)
class Verdict:
    """What the gate says of one candidate.

    Attributes:
        admitted: whether it may be dispatched.
        probability: that all budgeted costs are inside their bounds.
        costs: predicted mean by metric, in the metric's unit.
        broken: metrics over their bound, the margin included, worst first; empty if admitted.
        miss: worst cost, the margin included, over its bound; at most 1 if admitted, 0 without a
            constraint.
        extrapolated: whether a feature lies outside what the predictors have seen.
        spreads: relative spread of each prediction.
        margins: by which each mean was raised, in spreads; none for a gate without.
        measured: whether costs are what was measured before, not predicted.
    """

    admitted: bool
    probability: float
    costs: Mapping[str, float] = field(default_factory=dict)
    broken: tuple[str, ...] = ()
    miss: float = 0.0
    extrapolated: bool = False
    spreads: Mapping[str, float] = field(default_factory=dict)
    margins: Mapping[str, float] = field(default_factory=dict)
    measured: bool = False

    def raised(self, metric: str) -> float:
        """The predicted cost with its margin, in the metric's unit.

        >>> Verdict(True, 0.9, {"latency_s": 1.0}).raised("latency_s")
        1.0
        """
        margin = self.margins.get(metric, 0.0) * self.spreads.get(metric, 0.0)
        return self.costs[metric] * math.exp(margin)


@dataclass(frozen=True, eq=False)
class Judged:
    """What the gate says of one metric of n candidates.

    Attributes:
        costs: `(n,)`, predicted means, in the metric's unit.
        misses: `(n,)`, mean with margin over bound; above 1 breaks it.
        spreads: `(n,)`, relative.
        margin: in spreads.
    """

    costs: Array
    misses: Array
    spreads: Array
    margin: float = 0.0

    def followed_by(self, others: Judged) -> Judged:
        """These and the others, by one gate."""
        return Judged(
            np.concatenate([self.costs, others.costs]),
            np.concatenate([self.misses, others.misses]),
            np.concatenate([self.spreads, others.spreads]),
            self.margin,
        )


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What the gate says of n candidates; `verdicts[i]` is one.

    Attributes:
        admitted: `(n,)` of bool.
        probability: `(n,)` in [0, 1].
        judged: by metric.
        extrapolated: `(n,)` of bool.
        measured: `(n,)` of bool, costs are measured ones; none if None.
    """

    admitted: Flags
    probability: Array
    judged: Mapping[str, Judged]
    extrapolated: Flags
    measured: Flags | None = None

    def __getitem__(self, index: int) -> Verdict:
        """The verdict on one candidate."""
        misses = {metric: float(j.misses[index]) for metric, j in self.judged.items()}
        over = [metric for metric, ratio in misses.items() if ratio > 1]
        return Verdict(
            admitted=bool(self.admitted[index]),
            probability=float(self.probability[index]),
            costs={metric: float(j.costs[index]) for metric, j in self.judged.items()},
            broken=tuple(sorted(over, key=lambda metric: -misses[metric])),
            miss=max(misses.values(), default=0.0),
            extrapolated=bool(self.extrapolated[index]),
            spreads={metric: float(j.spreads[index]) for metric, j in self.judged.items()},
            margins={metric: j.margin for metric, j in self.judged.items() if j.margin},
            measured=self.measured is not None and bool(self.measured[index]),
        )

    def followed_by(self, others: Verdicts) -> Verdicts:
        """These and the others, by one gate."""
        judged = {
            metric: self._of(metric).followed_by(others._of(metric))
            for metric in {**self.judged, **others.judged}
        }
        measured = [
            np.zeros(len(part.admitted), dtype=bool) if part.measured is None else part.measured
            for part in (self, others)
        ]
        return Verdicts(
            np.concatenate([self.admitted, others.admitted]),
            np.concatenate([self.probability, others.probability]),
            judged,
            np.concatenate([self.extrapolated, others.extrapolated]),
            np.concatenate(measured),
        )

    def _of(self, metric: str) -> Judged:
        """What is said of a metric; nothing where it has no predictor and was not measured."""
        nothing = np.zeros(len(self.admitted))
        return self.judged.get(metric, Judged(nothing, nothing, nothing))

    def worst_miss(self) -> Array:
        """Worst cost over its bound, margins included, `(n,)`; 0 without a constraint."""
        misses = [judged.misses for judged in self.judged.values()]
        return np.asarray(np.vstack([np.zeros(len(self.admitted)), *misses]).max(axis=0))


class Gate(Protocol):
    """Decides which candidates may be dispatched."""

    def screen(self, features: Array, *, exact: bool = True) -> Verdicts:
        """Judge candidates.

        Args:
            features: `(n, d)`, encoded for the cost models.
            exact: whether they are those of the candidates themselves, or estimates of them; an
                estimate that admits wants a look at the candidate itself.
        """
        ...


@dataclass(frozen=True)
class OpenGate:
    """Admits all: the gate of a constraint-unaware strategy."""

    def screen(self, features: Array, *, exact: bool = True) -> Verdicts:
        """All admitted, with certainty."""
        count = len(features)
        return Verdicts(np.ones(count, bool), np.ones(count), {}, np.zeros(count, bool))


@dataclass(frozen=True, eq=False)
class CostGate:
    """Admits what is predicted inside all bounds, with margins if it has any.

    Attributes:
        constraints: the predicted ones.
        predictors: by metric. A constraint without a predictor refuses nothing.
        margins: by metric, in spreads; none is HyperPower's gate.
        blurs: by metric, the relative error that estimated features add to a prediction.
    """

    constraints: Sequence[Constraint]
    predictors: Mapping[str, Predictor]
    margins: Mapping[str, float] = field(default_factory=dict)
    blurs: Mapping[str, float] = field(default_factory=dict)

    def screen(self, features: Array, *, exact: bool = True) -> Verdicts:
        """See `Gate`."""
        count = len(features)
        admitted, probability = np.ones(count, bool), np.ones(count)
        outside = np.zeros(count, bool)
        judged: dict[str, Judged] = {}
        for constraint in self.constraints:
            predictor = self.predictors.get(constraint.metric)
            if predictor is None:
                continue
            blur = 0.0 if exact else self.blurs.get(constraint.metric, 0.0)
            prediction = predictor.predict(features)
            margin = self.margins.get(constraint.metric)
            found = _judge(prediction, constraint.bound, margin or 0.0, blur)
            prediction = blurred(prediction, blur)
            judged[constraint.metric] = found
            admitted &= found.misses <= 1
            chance = chance_inside if margin is None else careful_chance_inside
            probability *= chance(prediction.mean, prediction.std, constraint.bound)
            outside |= prediction.extrapolated
        return Verdicts(admitted, probability, judged, outside)


def blurred(prediction: Prediction, blur: float) -> Prediction:
    """A prediction from features that are themselves off, by a relative error of `blur`."""
    std = np.hypot(prediction.std, blur * prediction.mean)
    return Prediction(prediction.mean, np.asarray(std), prediction.extrapolated)


def _judge(prediction: Prediction, bound: float, margin: float, blur: float) -> Judged:
    """Where features are estimates, what could still turn out to be inside is let through."""
    spreads = _relative(prediction.mean, prediction.std)
    raised = prediction.mean * np.exp(margin * spreads - blur)
    return Judged(prediction.mean, raised / bound, spreads, margin)


def _relative(mean: Array, std: Array) -> Array:
    with np.errstate(over="ignore"):  # a line may predict less than nothing
        ratio = std / np.maximum(mean, np.finfo(np.float64).tiny)
    return np.asarray(np.clip(ratio, LEAST_SPREAD, MOST_SPREAD))


def careful_chance_inside(mean: Array, std: Array, bound: float) -> Array:
    """Probability that a value whose logarithm has heavy tails is at most `bound`.

    >>> careful_chance_inside(np.array([0.5, 1.0, 2.0]), np.array([0.1, 0.5, 1.0]), 1.0).round(3)
    array([0.987, 0.5  , 0.119])
    """
    logs = np.log(np.maximum(mean, np.finfo(np.float64).tiny) / bound)
    return np.asarray(t.cdf(-logs / _relative(mean, std), TAILS))


def chance_inside(mean: Array, std: Array, bound: float) -> Array:
    """Probability that a normal value is at most `bound`; 0 or 1 where `std` is 0.

    >>> chance_inside(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, 0.0]), 2.0)
    array([1. , 0.5, 0. ])
    """
    certain = std <= 0
    z = (bound - mean) / np.where(certain, 1.0, std)
    return np.where(certain, (mean <= bound).astype(np.float64), norm.cdf(z))
