"""The first candidates of a sweep, spread evenly over its space."""

from __future__ import annotations

import numpy as np
from scipy.stats import qmc

from ..constraints.domains import Array
from ..constraints.space import row_keys
from .plan import Plan

TRIES = 20  # draws to replace points that fell on others or cannot be built


def design_points(plan: Plan, count: int) -> Array:
    """Different buildable points of a Latin hypercube, topped up with uniform ones.

    Args:
        plan: of the sweep; its seed decides.
        count: how many; fewer come back if the space has no more.

    Returns:
        `(n, d)` snapped units.
    """
    rng = np.random.default_rng(plan.seed)
    hypercube = qmc.LatinHypercube(len(plan.space.parameters), rng=rng).random(count)
    drawn = plan.in_list(plan.space.snap(hypercube))
    chosen: dict[bytes, Array] = {}
    for _ in range(TRIES):
        for key, row in zip(row_keys(drawn), drawn, strict=True):
            if (
                len(chosen) < count
                and key not in chosen
                and plan.buildable(plan.space.candidate(row))
            ):
                chosen[key] = row
        if len(chosen) >= count:
            break
        drawn = _uniform(plan, count, rng)
    return np.array(list(chosen.values())).reshape(-1, len(plan.space.parameters))


def _uniform(plan: Plan, count: int, rng: np.random.Generator) -> Array:
    if plan.listed is None:
        return plan.space.sample(count, rng)
    return plan.listed[rng.permutation(len(plan.listed))[:count]]
