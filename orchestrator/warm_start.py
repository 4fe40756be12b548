"""What a sweep tries first because of what was known before it: given points, and earlier bests.

Points that the user gave come first, in their order, then the best candidate of each earlier run.
Both pass the gate like any other. What earlier runs trained is in `State.before`: it teaches the
strategies, but is no trial of this sweep and is never named the best.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..constraints.candidate import Candidate
from ..constraints.gate import Gate
from ..constraints.space import row_keys
from .events import Proposed
from .gating import judge
from .history import is_feasible
from .outcomes import losses_of
from .plan import Plan
from .state import State, Trial
from .suggestion import propose


def next_first(plan: Plan, state: State, gate: Gate) -> Proposed | None:
    """The proposal of the next candidate that is tried before all others; None when all were.

    Args:
        plan: of the sweep.
        state: the snapshot.
        gate: of that snapshot.
    """
    tried = [t.candidate for t in state.trials.values() if t.purpose == "train"]
    if len(tried) >= len(plan.points) + len(_runs(state)):
        return None
    wanted = [*plan.points, *_bests(plan, state, gate)]
    known = set(row_keys(plan.space.encode(tried)))
    for candidate in wanted:
        units = plan.space.encode([candidate])
        if row_keys(units)[0] not in known:
            verdict = judge(plan, state, gate, units, exact=True)[0]
            proposed = propose(plan, state, units[0], purpose="train", verdict=verdict)
            return replace(proposed, candidate=candidate)  # to the last digit
    return None


def origin(trial: Trial) -> str:
    """The earlier run that a trial of `State.before` comes from."""
    return trial.trial_id.rpartition("/")[0]


def _bests(plan: Plan, state: State, gate: Gate) -> Iterator[Candidate]:
    """Of each earlier run, the best candidate that it found inside the budget.

    Where it did not measure the costs that count here, the best that the gate admits.
    """
    for run in _runs(state):
        trained = [t for t in state.before if origin(t) == run and t.trained]
        fit = [t for t in trained if _may_be_feasible(plan, t)]
        units = plan.space.encode([t.candidate for t in fit])
        admitted = judge(plan, state, gate, units).admitted if fit else np.zeros(0, dtype=bool)
        unknown = [not _measured(plan, t) for t in fit]
        losses = losses_of(fit, plan.objectives)[:, 0] if fit else np.zeros(0)
        allowed = np.isfinite(losses) & (admitted | ~np.array(unknown, dtype=bool))
        if allowed.any():
            yield fit[int(np.argmin(np.where(allowed, losses, np.inf)))].candidate


def _runs(state: State) -> list[str]:
    return list(dict.fromkeys(map(origin, state.before)))


def _measured(plan: Plan, trial: Trial) -> bool:
    return all(c.metric in trial.costs for c in plan.predicted)


def _may_be_feasible(plan: Plan, trial: Trial) -> bool:
    """No constraint is known to be broken."""
    held = [c for c in plan.constraints if trial.value(c.metric) is not None]
    return is_feasible(trial, held)
