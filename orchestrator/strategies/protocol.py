"""The role of a strategy: where to look, and which point of a pool it prefers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ...constraints.domains import Array
from ...constraints.space import Space
from ..history import History


@dataclass(frozen=True, eq=False)
class Ask:
    """What a strategy is given for one suggestion.

    Attributes:
        space: of the candidates.
        history: observations so far.
        rng: the only source of chance.
        per_second: whether what is gained counts per second of training.
        probe_cost: what measuring an untrained candidate costs, as a share of training it.
    """

    space: Space
    history: History
    rng: np.random.Generator
    per_second: bool = False
    probe_cost: float = 0.1


@dataclass(frozen=True, eq=False)
class Preference:
    """How much a strategy wants each point of a pool; more is better, ties go to the first.

    Attributes:
        vanilla: `(n,)`, what the same strategy maximises when it knows of no constraint.
        constrained: `(n,)`, what it maximises among admitted points.
        drawn: the preference is nothing but the order in which the points were drawn, so that each
            one before the chosen is a sample drawn in vain.
        weighed: `constrained` counts what a refused point would cost and how likely it fits, so
            that it tells whether measuring it pays.
        at_random: nothing was learned yet, so that nothing is to be found around what is preferred.
        note: what went wrong, where this is a cheaper preference than the strategy's own.
    """

    vanilla: Array
    constrained: Array
    drawn: bool = False
    weighed: bool = False
    at_random: bool = False
    note: str = ""


class Strategy(Protocol):
    """Chooses among candidates.

    A strategy that is not `aware` of constraints gets a gate that admits all, and its infeasible
    candidates are trained like any other.
    """

    @property
    def name(self) -> str:
        """In specs and reports."""
        ...

    @property
    def aware(self) -> bool:
        """Whether it knows the constraints."""
        ...

    @property
    def careful(self) -> bool:
        """Whether it keeps a promise by margins, and probes beyond the gate to learn where it is.

        HyperPower's forms decide by point estimates and never dispatch a predicted violation.
        """
        ...

    @property
    def refinements(self) -> Sequence[float]:
        """How far around its preferred points a pool grows, time after time; in units of ranges."""
        ...

    def pool(self, ask: Ask, count: int) -> Array:
        """Draw the points to choose from, `(count, d)` snapped units."""
        ...

    def prefer(self, ask: Ask, units: Array, probability: Array) -> Preference:
        """Rank points.

        Args:
            ask: as for the pool.
            units: `(n, d)`, admitted or not.
            probability: `(n,)`, that a point keeps all predicted constraints.
        """
        ...
