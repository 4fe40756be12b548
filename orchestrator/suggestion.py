"""One suggestion: draw a pool, screen it, let the strategy choose, and keep the ledger.

A pure function of a numbered snapshot of the state, so that it can be computed ahead of time and
anywhere, and again for a check.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ..constraints.domains import Array
from ..constraints.gate import Gate, Verdict
from ..constraints.metrics import METRICS
from ..constraints.objective import Constraint
from ..constraints.units import format_quantity
from .events import Ended, Proposed, Purpose, Rejected
from .known_costs import measured_untrained, probe_inside
from .measuring_first import measured_first, sure_instead
from .plan import Plan
from .screening import Screened, ask_of, draw, first_of_new, screen
from .state import State
from .strategies.protocol import Ask

POOLS = 5  # drawn before a budget counts as out of reach: 10,000 candidates
# Of a list at once; the rest only if nothing of that can be had. At double, a suggestion takes
# twice as long.
MOST_LOOKED_AT = 6000


@dataclass(frozen=True)
class Suggestion:
    """A proposal, and the strategy's own choice if the gate refused it."""

    proposed: Proposed
    rejected: Rejected | None


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
    ask = ask_of(plan, state)
    unknown = [trial for trial in state.of("probe") if trial.end is None or not trial.costs]
    tried = plan.space.encode([t.candidate for t in (*state.of("train"), *unknown)])
    # a random search takes what was measured when nothing else is admitted
    measured = plan.space.encode([trial.candidate for trial in measured_untrained(state)])
    judged = 0
    for pool in _pools(plan, ask, tried):
        units, measured = np.vstack([pool, measured]), measured[:0]
        units = units[first_of_new(units, tried)]
        if not len(units):
            return Ended("exhausted", "every candidate of the space has been tried")
        screened = screen(plan, state, gate, ask, units, tried)
        judged += len(units)
        suggestion = _choose(plan, state, screened)
        if suggestion is not None:
            return suggestion
    return _out_of_reach(plan, screened, judged)


def _pools(plan: Plan, ask: Ask, tried: Array) -> Iterator[Array]:
    """Several draws from a space; of a list all that was not tried, a part at a time, `(n, d)`."""
    if plan.every is None:
        yield from (draw(plan, ask) for _ in range(POOLS))
        return
    drawn = draw(plan, ask)
    drawn = drawn[first_of_new(drawn, tried)]
    for start in range(0, max(1, len(drawn)), MOST_LOOKED_AT):
        yield drawn[start : start + MOST_LOOKED_AT]


def propose(
    plan: Plan,
    state: State,
    units: Array,
    *,
    purpose: Purpose,
    verdict: Verdict,
    subject: str | None = None,
    note: str = "",
) -> Proposed:
    """The proposal of one point, `(d,)`, as the next trial of the sweep."""
    number = len(state.trials) + 1
    candidate = plan.space.candidate(units)
    return Proposed(
        trial_id=f"t{number:04d}",
        candidate=candidate,
        purpose=purpose,
        seed=int(np.random.default_rng([plan.seed, number]).integers(2**31)),
        after_event=state.events,
        verdict=verdict,
        subject=subject,
        note=note,
        measured_by=probe_inside(plan, state, candidate) if purpose == "train" else None,
    )


def _choose(plan: Plan, state: State, screened: Screened) -> Suggestion | None:
    admitted = screened.verdicts.admitted
    constrained = np.where(admitted, screened.preference.constrained, -np.inf)
    chosen = sure_instead(
        plan, screened, screened.first(constrained, lambda verdict: verdict.admitted)
    )
    probed = measured_first(plan, state, screened, chosen)
    if probed is not None:
        units, verdict = screened.units[probed[0]], probed[1]
        return Suggestion(propose(plan, state, units, purpose="probe", verdict=verdict), None)
    if chosen is None:
        return None
    row, verdict = chosen
    proposed = propose(
        plan,
        state,
        screened.units[row],
        purpose="train",
        verdict=verdict,
        note=screened.preference.note,
    )
    wanted = screened.first(np.where(screened.ledgered, -np.inf, screened.preference.vanilla))
    if wanted is None or wanted[1].admitted:
        return Suggestion(proposed, None)
    refused, why = wanted
    return Suggestion(
        proposed,
        Rejected(
            candidate=plan.space.candidate(screened.units[refused]),
            verdict=why,
            bounds={c.metric: c.bound for c in plan.predicted},
            refused=max(1, int((~admitted).sum())),
            pool=len(admitted),
            trial_id=proposed.trial_id,
            samples=max(1, _drawn_in_vain(screened, row)) if screened.preference.drawn else 1,
        ),
    )


def _drawn_in_vain(screened: Screened, chosen: int) -> int:
    order = screened.preference.vanilla
    before = (order > order[chosen]) & ~screened.ledgered
    return int((before & ~screened.verdicts.admitted).sum())


def _out_of_reach(plan: Plan, screened: Screened, judged: int) -> Ended:
    nearest = int(np.argmin(screened.verdicts.worst_miss()))
    verdict = screened.verdicts[nearest]
    broken = [c for c in plan.predicted if c.metric in verdict.broken]
    misses = " and ".join(_miss(c, verdict.raised(c.metric)) for c in broken)
    misses += " (margin included)" if verdict.margins else ""
    candidate = plan.space.candidate(screened.units[nearest])
    settings = ", ".join(
        f"{n}={v:.4g}" if isinstance(v, float) else f"{n}={v}" for n, v in candidate.items()
    )
    estimated = plan.models.encoding.pairs() is not None
    unfit = "is inside by an estimate only, or cannot be built" if estimated else "cannot be built"
    reason = f"is predicted at {misses}" if broken else unfit
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
