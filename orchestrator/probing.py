"""Which candidates are measured untrained when none is predicted inside the budget.

What comes nearest, because a model that is off would otherwise end a sweep that has time left. (A
careful strategy chooses for itself what is worth measuring: `measuring_first.py`.)
"""

from __future__ import annotations

from itertools import islice

import numpy as np

from ..constraints.domains import Array
from ..constraints.gate import Gate
from .gating import judge
from .plan import Plan
from .screening import ask_of, draw, first_of_new
from .state import State


def nearest_unmeasured(plan: Plan, state: State, gate: Gate, count: int) -> Array:
    """The candidates predicted nearest to the budget that nobody has measured, `(n, d)`.

    Args:
        plan: of the sweep.
        state: the snapshot.
        gate: of that snapshot.
        count: the most to return.
    """
    units = _new_points(plan, state)
    if not len(units):
        return units
    order = np.argsort(judge(plan, state, gate, units).worst_miss(), kind="stable")
    buildable = (row for row in units[order] if plan.buildable(plan.space.candidate(row)))
    return np.array(list(islice(buildable, count))).reshape(-1, units.shape[1])


def _new_points(plan: Plan, state: State) -> Array:
    """Points of a pool that no trial had, `(n, d)`."""
    units = draw(plan, ask_of(plan, state))
    known = plan.space.encode([trial.candidate for trial in state.trials.values()])
    return units[first_of_new(units, known)]
