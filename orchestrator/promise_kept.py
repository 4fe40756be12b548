"""How a sweep has kept its promise about broken budgets, and what may be said of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from ..constraints.objective import Constraint
from .events import Completed
from .gating import margins_of
from .plan import Plan
from .state import State, Trial


@dataclass(frozen=True)
class PromiseKept:
    """Attempts so far, and the gate that they made.

    Attributes:
        alpha: share of attempts that may break the budget in the long run.
        attempts: dispatches that rested on a prediction and whose outcome is known.
        broken: of these, over a bound as measured.
        bound: the greatest share that so many attempts can have had, whatever the predictors.
        margins: by metric, in spreads.
        probes: candidates measured first, untrained; no attempts, as nothing is trained.
        probes_inside: of these, inside the budget.
    """

    alpha: float
    attempts: int
    broken: int
    bound: float
    margins: Mapping[str, float]
    probes: int
    probes_inside: int

    @property
    def rate(self) -> float | None:
        """Realised share of attempts over the budget; None before the first."""
        return self.broken / self.attempts if self.attempts else None


def promise_kept(plan: Plan, state: State) -> PromiseKept | None:
    """The promise so far; None for a strategy that promises nothing."""
    if plan.promise is None or not plan.gated:
        return None
    tried = [state.trials[trial_id] for trial_id in state.attempts]
    probes = [trial for trial in state.of("probe") if trial.end is not None]
    return PromiseKept(
        alpha=plan.promise.rule.alpha,
        attempts=len(tried),
        broken=sum(bool(broken) for broken in state.attempts.values()),
        bound=min(1.0, sum(_bound(plan, tried, constraint) for constraint in plan.predicted)),
        margins=margins_of(plan, state),
        probes=len(probes),
        probes_inside=sum(isinstance(trial.end, Completed) for trial in probes),
    )


def _bound(plan: Plan, tried: list[Trial], constraint: Constraint) -> float:
    """Of one constraint, by the greatest slack that an attempt had."""
    assert plan.promise is not None  # asked for a careful strategy only
    slacks = [_slack(trial, constraint) for trial in tried]
    known = [slack for slack in slacks if slack is not None]
    if not known or len(known) < len(slacks):  # admitted before anything could be predicted
        return 1.0
    share = 1 / len(plan.predicted)
    return plan.promise.rule.bound(
        len(tried), max(known), share=share, at_once=_most_at_once(tried)
    )


def _most_at_once(tried: list[Trial]) -> int:
    """The most attempts that were under way at one moment."""
    moments = [(t.dispatched_s, 1) for t in tried if t.dispatched_s is not None]
    moments += [(t.ended_s, -1) for t in tried if t.ended_s is not None]
    running = most = 0
    for _, change in sorted(moments):
        running += change
        most = max(most, running)
    return most


def _slack(trial: Trial, constraint: Constraint) -> float | None:
    """log(bound / mean) / spread, as predicted; None where nothing was."""
    mean = trial.verdict.costs.get(constraint.metric, 0.0)
    spread = trial.verdict.spreads.get(constraint.metric, 0.0)
    return math.log(constraint.bound / mean) / spread if mean > 0 and spread > 0 else None
