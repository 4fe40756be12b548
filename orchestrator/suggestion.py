"""One suggestion: draw a pool, screen it, let the strategy choose, and keep the ledger.

A pure function of a numbered snapshot of the state, so that it can be computed ahead of time and
anywhere, and again for a check.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..constraints.domains import Array
from ..constraints.gate import Gate, OpenGate, PointGate, Verdict, Verdicts
from ..constraints.metrics import METRICS
from ..constraints.objective import Constraint
from ..constraints.predictor import Flags
from ..constraints.space import row_keys
from ..constraints.units import format_quantity
from .events import Ended, Proposed, Purpose, Rejected
from .history import history_of
from .plan import Plan
from .state import State
from .strategies.protocol import Ask, Preference

POOLS = 5  # drawn before a budget counts as out of reach: 10,000 candidates
ENUMERABLE = 20_000  # a discrete space up to this size is its own pool, so that its end is seen


@dataclass(frozen=True)
class Suggestion:
    """A proposal, and the strategy's own choice if the gate refused it."""

    proposed: Proposed
    rejected: Rejected | None


@dataclass(frozen=True, eq=False)
class _Screened:
    """A pool without duplicates, and what gate and strategy say of it."""

    units: Array
    verdicts: Verdicts
    preference: Preference


def suggest(plan: Plan, state: State, gate: Gate) -> Suggestion | Ended:
    """Choose the next candidate to train.

    Args:
        plan: of the sweep.
        state: the snapshot; its event number goes into the proposal.
        gate: of that snapshot.

    Returns:
        A suggestion; or why there is none: the space is exhausted, or no candidate of several
        pools is predicted inside the budget.
    """
    rng = trial_rng(plan, state)
    screened = None
    for _ in range(POOLS):
        screened = _screen(plan, state, gate, rng)
        if screened is None:
            return Ended("exhausted", "every candidate of the space has been tried")
        if screened.verdicts.admitted.any():
            return _choose(plan, state, screened)
    assert screened is not None
    return _out_of_reach(plan, screened)


def propose(
    plan: Plan,
    state: State,
    units: Array,
    *,
    purpose: Purpose,
    verdict: Verdict,
    subject: str | None = None,
) -> Proposed:
    """The proposal of one point, `(d,)`, as the next trial of the sweep."""
    number = len(state.trials) + 1
    return Proposed(
        trial_id=f"t{number:04d}",
        candidate=plan.space.candidate(units),
        purpose=purpose,
        seed=int(np.random.default_rng([plan.seed, number]).integers(2**31)),
        after_event=state.events,
        verdict=verdict,
        subject=subject,
    )


def gate_of(plan: Plan, state: State) -> Gate:
    """The gate that follows from everything measured so far."""
    if not plan.gated:
        return OpenGate()
    metrics = [constraint.metric for constraint in plan.predicted]
    return PointGate(plan.predicted, plan.models.fit(state.costs, metrics))


def trial_rng(plan: Plan, state: State) -> np.random.Generator:
    """Chance for the next suggestion: a function of the seed and how many went before."""
    return np.random.default_rng([plan.seed, len(state.trials), len(state.rejections)])


def _screen(plan: Plan, state: State, gate: Gate, rng: np.random.Generator) -> _Screened | None:
    history = history_of(state, plan.space, plan.objective, plan.constraints)
    ask = Ask(plan.space, history, rng)
    every = plan.space.enumerate(ENUMERABLE)
    if every is None:
        units = plan.strategy.pool(ask, plan.pool_size)
    else:
        units = every[rng.permutation(len(every))]
    fresh = _not_tried(plan, state, units)
    if not fresh.any():
        return None
    units = units[fresh]
    verdicts = gate.screen(plan.models.encode(units))
    return _Screened(units, verdicts, plan.strategy.prefer(ask, units, verdicts.probability))


def _not_tried(plan: Plan, state: State, units: Array) -> Flags:
    """True for the first of equal points that no training has had yet."""
    tried = plan.space.encode([trial.candidate for trial in state.of("train")])
    seen = set(row_keys(tried))
    fresh = np.zeros(len(units), dtype=bool)
    for i, key in enumerate(row_keys(units)):
        fresh[i] = key not in seen
        seen.add(key)
    return fresh


def _choose(plan: Plan, state: State, screened: _Screened) -> Suggestion:
    admitted = screened.verdicts.admitted
    wanted = int(np.argmax(screened.preference.vanilla))
    chosen = int(np.argmax(np.where(admitted, screened.preference.constrained, -np.inf)))
    proposed = propose(
        plan, state, screened.units[chosen], purpose="train", verdict=screened.verdicts[chosen]
    )
    if admitted[wanted]:
        return Suggestion(proposed, None)
    return Suggestion(
        proposed,
        Rejected(
            candidate=plan.space.candidate(screened.units[wanted]),
            verdict=screened.verdicts[wanted],
            bounds={c.metric: c.bound for c in plan.predicted},
            refused=int((~admitted).sum()),
            pool=len(admitted),
        ),
    )


def _out_of_reach(plan: Plan, screened: _Screened) -> Ended:
    nearest = int(np.argmin(screened.verdicts.worst_miss()))
    costs = screened.verdicts[nearest].costs
    broken = [c for c in plan.predicted if not c.allows(costs.get(c.metric, 0.0))]
    misses = " and ".join(_miss(constraint, costs[constraint.metric]) for constraint in broken)
    candidate = plan.space.candidate(screened.units[nearest])
    settings = ", ".join(f"{name}={value}" for name, value in candidate.items())
    return Ended(
        "nothing feasible",
        f"none of {POOLS * plan.pool_size:,} candidates is predicted inside the budget; the "
        f"nearest misses it by {misses} ({settings}). Raise the budget, widen the space, or "
        "measure more candidates first (`profile.candidates`)",
    )


def _miss(constraint: Constraint, cost: float) -> str:
    metric = METRICS[constraint.metric]
    over = f"{constraint.miss(cost) - 1:.0%} over {format_quantity(constraint.bound, metric.unit)}"
    return f"{metric.short} {format_quantity(cost, metric.unit)}, {over}"
