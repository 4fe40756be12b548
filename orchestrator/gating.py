"""The gate that follows from a state: predictors, margins, and what was measured already."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..constraints.cost_models import FittedCosts
from ..constraints.domains import Array
from ..constraints.gate import CostGate, Gate, OpenGate, Verdicts, careful_chance_inside
from ..constraints.margin import margins_after
from .known_costs import with_measured
from .plan import Plan
from .state import State, Trial


def gate_of(plan: Plan, state: State, fitted: FittedCosts, *, besides: str | None = None) -> Gate:
    """The gate of a state.

    Args:
        plan: of the sweep.
        state: with the outcomes of attempts so far.
        fitted: from everything measured so far.
        besides: a trial that the gate is asked about, so that it does not count as under way.
    """
    if not plan.gated:
        return OpenGate()
    margins = margins_of(plan, state, besides=besides)
    return CostGate(plan.predicted, fitted.predictors, margins, fitted.blurs)


def margins_of(plan: Plan, state: State, *, besides: str | None = None) -> dict[str, float]:
    """The margin of each constraint, in spreads; none for a strategy that promises nothing."""
    if plan.promise is None:
        return {}
    pending = [
        _chances_over(plan, trial)
        for trial in (*state.running, *state.waiting)
        if trial.purpose == "train"
        and trial.trial_id not in state.attempts
        and trial.trial_id != besides
        and not trial.verdict.measured
    ]
    metrics = [constraint.metric for constraint in plan.predicted]
    return margins_after(plan.promise.rule, metrics, list(state.attempts.values()), pending)


def judge(plan: Plan, state: State, gate: Gate, units: Array, *, exact: bool = False) -> Verdicts:
    """What the gate says of points; of those measured already, what was measured.

    Args:
        plan: of the sweep.
        state: with what was measured.
        gate: of that state.
        units: `(n, d)`.
        exact: look at the candidates themselves, which is slow for many.
    """
    if not plan.gated:
        return gate.screen(np.zeros((len(units), 0)))
    encoding = plan.models.encoding
    features = encoding.exact(units) if exact else encoding.quick(units)
    return with_measured(plan, state, units, gate.screen(features, exact=exact))


def _chances_over(plan: Plan, trial: Trial) -> Mapping[str, float]:
    """The probability that each metric of a trial is over its bound, as predicted."""
    verdict = trial.verdict
    chances: dict[str, float] = {}
    for constraint in plan.predicted:
        if constraint.metric in verdict.costs:
            mean = np.array([verdict.costs[constraint.metric]])
            std = mean * verdict.spreads.get(constraint.metric, 0.0)
            inside = careful_chance_inside(mean, std, constraint.bound)
            chances[constraint.metric] = 1.0 - float(inside[0])
    return chances
