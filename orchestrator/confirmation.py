"""Which trials are measured again at the end, and which one is named the best.

Picking the best of many near a border is biased, so the best few are measured once more, alone on
the device, and evaluated on the test split, before one is named. More finished trials are measured
again (not evaluated), to see how many are still inside the budget.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .events import Completed, Infeasible
from .history import is_feasible
from .plan import Plan
from .state import State, Trial


def ranked(plan: Plan, state: State) -> list[Trial]:
    """Feasible trained trials, best first, by the validation split."""
    feasible = [t for t in state.of("train") if t.trained and is_feasible(t, plan.constraints)]
    return sorted(feasible, key=lambda t: (_loss(plan, t), t.trial_id))


def confirmations(state: State) -> dict[str, Trial]:
    """Confirming trials by the trial they measured again."""
    return {t.proposed.subject: t for t in state.of("confirm") if t.proposed.subject}


def next_to_confirm(plan: Plan, state: State) -> Trial | None:
    """The next trial to measure again; None when all are done."""
    done = confirmations(state)
    wanted = ranked(plan, state)[: plan.confirmation.best]
    wanted += [t for t in _sample(plan, state) if t not in wanted]
    return next((t for t in wanted if t.trial_id not in done), None)


@dataclass(frozen=True)
class Confirmed:
    """A trial measured twice.

    Attributes:
        trial: as searched.
        again: the trial that measured it again.
        inside: whether the costs measured again keep the budget.
    """

    trial: Trial
    again: Trial
    inside: bool


def confirmed(plan: Plan, state: State) -> list[Confirmed]:
    """All trials measured again, in order of proposal.

    One that ran out of memory is not inside; one that failed was not measured and is left out.
    """
    return [
        Confirmed(state.trials[subject], again, _inside(plan, again))
        for subject, again in sorted(confirmations(state).items())
        if isinstance(again.end, Completed | Infeasible)
    ]


def winner(plan: Plan, state: State) -> Confirmed | None:
    """The best of the best few that kept the budget when measured again; None if none did."""
    again = {c.trial.trial_id: c for c in confirmed(plan, state)}
    finalists = ranked(plan, state)[: plan.confirmation.best]
    kept = [again[t.trial_id] for t in finalists if t.trial_id in again]
    return next((c for c in kept if c.inside), None)


def _inside(plan: Plan, again: Trial) -> bool:
    values = {c: again.value(c.metric) for c in plan.predicted}
    return isinstance(again.end, Completed) and all(
        value is not None and c.allows(value) for c, value in values.items()
    )


def _sample(plan: Plan, state: State) -> list[Trial]:
    """Finished trainings that were feasible when probed; a seeded sample if they are many."""
    finished = ranked(plan, state)
    count = min(plan.confirmation.remeasure, len(finished))
    chosen = np.random.default_rng(plan.seed).permutation(len(finished))[:count]
    return [finished[i] for i in sorted(chosen)]


def _loss(plan: Plan, trial: Trial) -> float:
    value = trial.value(plan.objective.metric)
    return float("inf") if value is None else value
