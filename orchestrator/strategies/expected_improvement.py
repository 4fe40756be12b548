"""Bayesian optimisation by expected improvement: vanilla, and HyperPower's two forms.

    ei        EI(x)                                        knows no constraint
    hw-ieci   EI(x) * product of 1[mean_c(x) <= bound_c]   the gate's own indicator
    hw-cwei   EI(x) * product of Pr[cost_c(x) <= bound_c]  among admitted points

The paper never dispatches a predicted violation, so both HyperPower forms choose among admitted
points only. A constraint that only training shows (an error limit) is learned: both forms weigh
their acquisition with the probability that a Gaussian process gives it. Until there is a feasible
incumbent, EI is 1 and only feasibility is searched for. The surrogate is scikit-optimize's Gaussian
process; the pool is uniform with a spray around the incumbent.

References:
    [Stamoulis2018] HyperPower, DATE 2018.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ...constraints.domains import Array
from ...constraints.features import surrogate_features
from ..surrogate import chance_below, expected_improvement
from .protocol import Ask, Preference
from .random_search import in_order_of_draw

Weight = Literal["none", "indicator", "probability"]
INITIAL = 5  # random points before the first fit; chosen, not tuned
LOCAL_SHARE = 0.25  # of the pool, around the incumbent
LOCAL_SPREAD = 0.05  # in units of each range


@dataclass(frozen=True)
class ExpectedImprovement:
    """Maximises expected improvement over a pool, weighed by feasibility as `weight` says."""

    name: str
    weight: Weight
    careful: bool = False
    refinements: tuple[float, ...] = ()

    @property
    def aware(self) -> bool:
        """All but the vanilla form."""
        return self.weight != "none"

    def pool(self, ask: Ask, count: int) -> Array:
        """Uniform points, then a spray around the incumbent."""
        best = ask.history.incumbent(aware=self.aware)
        if best is None:
            return ask.space.sample(count, ask.rng)
        near = int(count * LOCAL_SHARE)
        spray = ask.space.neighbours(ask.history.units[best], near, ask.rng, spread=LOCAL_SPREAD)
        return np.vstack([ask.space.sample(count - near, ask.rng), spray])

    def prefer(self, ask: Ask, units: Array, probability: Array) -> Preference:
        """EI, and EI weighed; in the order of the draw while there is nothing to learn from."""
        history = ask.history
        if len(history.losses) < INITIAL:
            return in_order_of_draw(len(units))
        at = surrogate_features(ask.space, units)
        weight = self._weight(ask, at, probability)
        best = history.incumbent(aware=self.aware)
        if best is None:
            return Preference(np.ones(len(units)), weight)
        improvement = expected_improvement(
            surrogate_features(ask.space, history.units),
            history.losses,
            at=at,
            pending=surrogate_features(ask.space, history.pending),
            best=float(history.losses[best]),
        )
        return Preference(improvement, improvement * weight)

    def _weight(self, ask: Ask, at: Array, probability: Array) -> Array:
        """How likely each point is to be feasible, as far as this form asks."""
        weight = probability if self.weight == "probability" else np.ones(len(at))
        seen = surrogate_features(ask.space, ask.history.units)
        for limit in ask.history.learned if self.aware else ():
            weight = weight * chance_below(seen, limit.values, at=at, bound=limit.bound)
        return weight
