"""Which candidates are worth measuring untrained, once the profile is done.

Two reasons. When nothing is predicted inside the budget, what comes nearest is measured, because a
model that is off would otherwise end a sweep that has time left. And a careful strategy measures a
few that its gate refused by a little, because a rejection alone teaches nothing.
"""

from __future__ import annotations

from itertools import islice

import numpy as np

from ..constraints.domains import Array
from ..constraints.gate import Gate, Verdict
from .gating import judge
from .plan import Plan
from .screening import ask_of, draw, first_of_new, screen
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


def beyond_the_gate(plan: Plan, state: State, gate: Gate) -> tuple[Array, Verdict] | None:
    """The refused candidate that the strategy wants most among those near the gate.

    Args:
        plan: of a careful strategy.
        state: the snapshot.
        gate: of that snapshot.

    Returns:
        Its units, `(d,)`, and the gate's verdict; None if there is none.
    """
    assert plan.promise is not None  # the strategy is careful
    units = _new_points(plan, state)
    if not len(units):
        return None
    known = plan.space.encode([trial.candidate for trial in state.trials.values()])
    screened = screen(plan, state, gate, ask_of(plan, state), units, known)
    near = ~screened.verdicts.admitted
    for judged in screened.verdicts.judged.values():
        near &= judged.misses <= np.exp(plan.promise.reach * judged.spreads)
    scores = np.where(near, screened.preference.constrained, -np.inf)
    reach, bounds = plan.promise.reach, {c.metric: c.bound for c in plan.predicted}

    def is_near(verdict: Verdict) -> bool:
        within = (
            verdict.raised(metric) <= bounds[metric] * np.exp(reach * verdict.spreads[metric])
            for metric in verdict.costs
        )
        return not verdict.admitted and all(within)

    found = screened.first(scores, is_near)
    return None if found is None else (screened.units[found[0]], found[1])


def _new_points(plan: Plan, state: State) -> Array:
    """Points of a pool that no trial had, `(n, d)`."""
    units = draw(plan, ask_of(plan, state))
    known = plan.space.encode([trial.candidate for trial in state.trials.values()])
    return units[first_of_new(units, known)]
