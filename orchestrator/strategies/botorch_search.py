"""Bayesian optimisation by BoTorch's noisy batch acquisitions, over the gated pool.

    one objective   log qNEI(x, pending) + log Pr[costs inside]
    several         log qNEHVI(x, pending) + log Pr[costs inside]

Both integrate over the noise of what was observed and over what the trials under way will show, and
weigh with learned constraints, which are outcomes of the model like the objectives [Ament2023,
Daulton2021]. BoTorch is an extra (`pip install 'hyperwatt[botorch]'`), loaded when first needed.

References:
    [Ament2023] S. Ament et al. Unexpected improvements to expected improvement. NeurIPS 2023.
    [Daulton2021] S. Daulton, M. Balandat, E. Bakshy. Parallel Bayesian optimization of multiple
        noisy objectives with expected hypervolume improvement. NeurIPS 2021.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...constraints.domains import Array
from ...constraints.features import surrogate_features
from ..surrogate import chance_below
from .expected_improvement import INITIAL, ExpectedImprovement
from .protocol import Ask, Preference
from .random_search import in_order_of_draw


@dataclass(frozen=True)
class BotorchSearch:
    """Maximises a noisy batch acquisition over a pool, times the probability of feasibility."""

    name: str = "botorch"
    aware: bool = True
    careful: bool = True
    refinements: tuple[float, ...] = ()

    def pool(self, ask: Ask, count: int) -> Array:
        """Uniform points, then a spray around the incumbent."""
        return ExpectedImprovement(self.name, weight="probability").pool(ask, count)

    def prefer(self, ask: Ask, units: Array, probability: Array) -> Preference:
        """Logarithms of the acquisition; in the order of the draw while there is little to learn.

        Until something is feasible, only feasibility is searched for.
        """
        history = ask.history
        if (~history.failed).sum() < INITIAL:
            return in_order_of_draw(len(units))
        at = surrogate_features(ask.space, units)
        seen = surrogate_features(ask.space, history.units)
        inside = _log(probability)
        if not history.feasible.any():
            for limit in history.learned:
                inside = inside + _log(chance_below(seen, limit.values, at=at, bound=limit.bound))
            return Preference(np.zeros(len(units)), inside)
        from .botorch_acquisition import Observed, log_acquisition

        observed = Observed(
            features=seen,
            losses=history.every_loss,
            feasible=history.feasible,
            limits=tuple((limit.values, limit.bound) for limit in history.learned),
            pending=surrogate_features(ask.space, history.pending),
        )
        seed = int(ask.rng.integers(2**31))
        constrained = log_acquisition(observed, at, seed=seed)
        vanilla = constrained
        if observed.limits:
            vanilla = log_acquisition(observed.without_limits(), at, seed=seed)
        return Preference(vanilla, constrained + inside)


def _log(probability: Array) -> Array:
    """Never minus infinity, which would rule a point out."""
    return np.log(np.maximum(probability, np.finfo(np.float64).tiny))
