"""One suggestion: draw a pool, screen it, let the strategy choose, and keep the ledger.

A pure function of a numbered snapshot of the state, so that it can be computed ahead of time and
anywhere, and again for a check.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

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
from .known_costs import with_measured
from .plan import Plan
from .state import State
from .strategies.protocol import Ask, Preference

POOLS = 5  # drawn before a budget counts as out of reach: 10,000 candidates


@dataclass(frozen=True)
class Suggestion:
    """A proposal, and the strategy's own choice if the gate refused it."""

    proposed: Proposed
    rejected: Rejected | None


@dataclass(frozen=True, eq=False)
class _Screened:
    """A pool without duplicates, and what gate and strategy say of it.

    Attributes:
        units: `(n, d)`.
        verdicts: the gate's.
        preference: the strategy's.
        ledgered: `(n,)` of bool, refused before; not wanted a second time.
    """

    units: Array
    verdicts: Verdicts
    preference: Preference
    ledgered: Flags


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
    history = history_of(state, plan.space, plan.objective, plan.constraints)
    ask = Ask(plan.space, history, rng)
    judged = 0
    known = _measured(plan, state)
    for _ in range(POOLS if plan.every is None else 1):
        units, known = np.vstack([_pool(plan, ask), known]), known[:0]
        units = units[_not_tried(plan, state, units)]
        if not len(units):
            return Ended("exhausted", "every candidate of the space has been tried")
        screened = _screen(plan, state, gate, ask, units)
        judged += len(units)
        suggestion = _choose(plan, state, screened)
        if suggestion is not None:
            return suggestion
    return _out_of_reach(plan, screened, judged)


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


def _pool(plan: Plan, ask: Ask) -> Array:
    """The strategy's points first; then, if all can be looked at, the rest of them."""
    units = plan.in_list(plan.strategy.pool(ask, plan.pool_size))
    if plan.every is None:
        return units
    return np.vstack([units, plan.every[ask.rng.permutation(len(plan.every))]])


def _measured(plan: Plan, state: State) -> Array:
    """What was measured and not trained; a random search takes it when nothing else is admitted."""
    return plan.space.encode([trial.candidate for trial in state.of("profile")])


def judge(plan: Plan, state: State, gate: Gate, units: Array) -> Verdicts:
    """What the gate says of points; of those measured already, what was measured.

    Args:
        plan: of the sweep.
        state: with what was measured.
        gate: of that state.
        units: `(n, d)`.
    """
    verdicts = gate.screen(plan.models.encode(units))
    return with_measured(plan, state, units, verdicts) if plan.gated else verdicts


def nearest_unmeasured(plan: Plan, state: State, gate: Gate, count: int) -> Array:
    """The candidates predicted nearest to the budget that nobody has measured, `(n, d)`.

    Args:
        plan: of the sweep.
        state: the snapshot.
        gate: of that snapshot.
        count: the most to return.
    """
    history = history_of(state, plan.space, plan.objective, plan.constraints)
    units = _pool(plan, Ask(plan.space, history, trial_rng(plan, state)))
    known = set(row_keys(plan.space.encode([t.candidate for t in state.trials.values()])))
    fresh = [i for i, key in enumerate(row_keys(units)) if key not in known]
    _, first = np.unique(np.nan_to_num(units[fresh], nan=-1.0), axis=0, return_index=True)
    units = units[fresh][np.sort(first)]
    order = np.argsort(judge(plan, state, gate, units).worst_miss(), kind="stable")
    buildable = (row for row in units[order] if plan.buildable(plan.space.candidate(row)))
    return np.array(list(islice(buildable, count))).reshape(-1, units.shape[1])


def _screen(plan: Plan, state: State, gate: Gate, ask: Ask, units: Array) -> _Screened:
    verdicts = judge(plan, state, gate, units)
    preference = plan.strategy.prefer(ask, units, verdicts.probability)
    refused = plan.space.encode([rejected.candidate for rejected in state.rejections])
    before = set(row_keys(refused))
    ledgered = np.array([key in before for key in row_keys(units)], dtype=bool)
    return _Screened(units, verdicts, preference, ledgered)


def _not_tried(plan: Plan, state: State, units: Array) -> Flags:
    """True for the first of equal points that no training has had yet."""
    tried = plan.space.encode([trial.candidate for trial in state.of("train")])
    seen = set(row_keys(tried))
    fresh = np.zeros(len(units), dtype=bool)
    for i, key in enumerate(row_keys(units)):
        fresh[i] = key not in seen
        seen.add(key)
    return fresh


def _choose(plan: Plan, state: State, screened: _Screened) -> Suggestion | None:
    admitted = screened.verdicts.admitted
    chosen = _first_buildable(
        plan, screened, np.where(admitted, screened.preference.constrained, -np.inf)
    )
    if chosen is None:
        return None
    verdict = screened.verdicts[chosen]
    proposed = propose(plan, state, screened.units[chosen], purpose="train", verdict=verdict)
    new = np.where(screened.ledgered, -np.inf, screened.preference.vanilla)
    wanted = _first_buildable(plan, screened, new)
    if wanted is None or admitted[wanted]:
        return Suggestion(proposed, None)
    return Suggestion(
        proposed,
        Rejected(
            candidate=plan.space.candidate(screened.units[wanted]),
            verdict=screened.verdicts[wanted],
            bounds={c.metric: c.bound for c in plan.predicted},
            refused=int((~admitted).sum()),
            pool=len(admitted),
            trial_id=proposed.trial_id,
            samples=_drawn_in_vain(screened, chosen) if screened.preference.drawn else 1,
        ),
    )


def _drawn_in_vain(screened: _Screened, chosen: int) -> int:
    order = screened.preference.vanilla
    before = (order > order[chosen]) & ~screened.ledgered
    return int((before & ~screened.verdicts.admitted).sum())


def _first_buildable(plan: Plan, screened: _Screened, scores: Array) -> int | None:
    """The row of the greatest score whose network can be built; ties go to the first drawn."""
    for row in np.argsort(-scores, kind="stable"):
        if scores[row] == -np.inf:
            return None
        if plan.buildable(plan.space.candidate(screened.units[row])):
            return int(row)
    return None


def _out_of_reach(plan: Plan, screened: _Screened, judged: int) -> Ended:
    nearest = int(np.argmin(screened.verdicts.worst_miss()))
    costs = screened.verdicts[nearest].costs
    broken = [c for c in plan.predicted if not c.allows(costs.get(c.metric, 0.0))]
    misses = " and ".join(_miss(constraint, costs[constraint.metric]) for constraint in broken)
    candidate = plan.space.candidate(screened.units[nearest])
    settings = ", ".join(
        f"{n}={v:.4g}" if isinstance(v, float) else f"{n}={v}" for n, v in candidate.items()
    )
    reason = f"is predicted at {misses}" if broken else "cannot be built"
    return Ended(
        "nothing feasible",
        f"none of {judged:,} candidates is predicted inside the budget; the nearest {reason} "
        f"({settings}). Raise the budget, widen the space, or measure more candidates first "
        "(`profile.candidates`)",
    )


def _miss(constraint: Constraint, cost: float) -> str:
    metric = METRICS[constraint.metric]
    bound = format_quantity(constraint.bound, metric.unit)
    factor = constraint.miss(cost)
    over = f"{factor - 1:.0%} over {bound}" if factor < 10 else f"{factor:,.0f} times {bound}"
    return f"{metric.short} {format_quantity(cost, metric.unit)}, {over}"
