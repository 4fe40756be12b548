"""Which trials are measured again at the end, and which are named the best.

Picking the best of many near a border is biased, so the best few are measured once more, alone on
the device, and evaluated on the test split, before one is named. With several objectives they are
chosen to stand for the front, and a set is named. More finished trials are measured
again (not evaluated), to see how many are still inside the budget.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..constraints.objective import Objective
from .events import Completed, Infeasible
from .history import is_feasible
from .outcomes import losses_of, values_of
from .pareto import non_dominated, representatives
from .plan import Plan
from .state import State, Trial


def ranked(plan: Plan, state: State) -> list[Trial]:
    """Feasible trained trials, best first, by the validation split.

    With several objectives the front comes first, and in it those few that stand for it, as many
    as are confirmed; the others follow by the first objective.
    """
    feasible = [t for t in state.of("train") if t.trained and is_feasible(t, plan.constraints)]
    losses = losses_of(feasible, plan.objectives)
    few = representatives(losses, plan.confirmation.best)
    behind = ~non_dominated(losses)
    ids = [trial.trial_id for trial in feasible]
    rows = sorted(
        range(len(ids)), key=lambda i: (behind[i], *np.nan_to_num(losses[i], nan=np.inf), ids[i])
    )
    return [feasible[i] for i in few] + [feasible[i] for i in rows if i not in few]


def front(plan: Plan, state: State) -> list[Trial]:
    """The best feasible trials: one for one objective, in the order of `ranked`."""
    trials = ranked(plan, state)
    on_front = non_dominated(losses_of(trials, plan.objectives))
    return [trial for trial, on in zip(trials, on_front, strict=True) if on]


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

    def values(self, objectives: Sequence[Objective]) -> tuple[float | None, ...]:
        """Of each objective: a cost as measured again, all else as validated."""
        known = values_of(self.trial, objectives)
        return tuple(
            self.again.costs[o.metric].value if o.metric in self.again.costs else value
            for o, value in zip(objectives, known, strict=True)
        )


def confirmed(plan: Plan, state: State) -> list[Confirmed]:
    """All trials measured again, in order of proposal.

    One that ran out of memory is not inside; one that failed was not measured and is left out.
    """
    return [
        Confirmed(state.trials[subject], again, _inside(plan, again))
        for subject, again in sorted(confirmations(state).items())
        if isinstance(again.end, Completed | Infeasible)
    ]


def winners(plan: Plan, state: State) -> list[Confirmed]:
    """Of the best few, those that kept the budget when measured again and are not dominated.

    Costs count as measured again. One for one objective; none if none kept the budget.
    """
    again = {c.trial.trial_id: c for c in confirmed(plan, state)}
    finalists = [t.trial_id for t in ranked(plan, state)[: plan.confirmation.best]]
    kept = [again[name] for name in finalists if name in again and again[name].inside]
    losses = np.full((len(kept), len(plan.objectives)), np.inf)
    for row, one in enumerate(kept):
        for column, value in enumerate(one.values(plan.objectives)):
            if value is not None:
                losses[row, column] = plan.objectives[column].loss(value)
    return [one for one, on in zip(kept, non_dominated(losses), strict=True) if on]


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
