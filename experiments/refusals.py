"""Which metrics candidates were predicted to break when they were rejected before dispatch."""

from __future__ import annotations

from dataclasses import dataclass

from ..orchestrator.plan import Plan
from ..orchestrator.state import State


@dataclass(frozen=True)
class Refusals:
    """Rejections in which one metric was predicted over its bound.

    Attributes:
        metric: full name.
        rejections: of candidates that the strategy wanted, later withdrawals included.
        alone: of these, in which no other metric was over.
        worst: of these, in which it was the furthest over.
        withdrawn: of these, admitted at first and refused by a later gate, before dispatch.
    """

    metric: str
    rejections: int
    alone: int
    worst: int
    withdrawn: int


def refusals_of(plan: Plan, state: State) -> list[Refusals]:
    """One a budgeted metric, in the order of the budget; none for a strategy without a gate."""
    if not plan.gated:
        return []
    return [_of_metric(constraint.metric, state) for constraint in plan.predicted]


def _of_metric(metric: str, state: State) -> Refusals:
    over = [r for r in state.rejections if metric in r.verdict.broken]
    return Refusals(
        metric,
        rejections=len(over),
        alone=sum(len(r.verdict.broken) == 1 for r in over),
        worst=sum(r.verdict.broken[0] == metric for r in over),
        withdrawn=sum(r.withdrawn for r in over),
    )
