"""The figures that a page of a run shows first."""

from __future__ import annotations

from ...constraints.metrics import METRICS
from ...constraints.units import format_duration, format_quantity
from ...orchestrator.outcomes import values_of
from ...orchestrator.state import Trial
from ..protocol import UNLIMITED_TRIALS
from ..summary import Summary
from ..sweep import Sweep
from ..violations import violations_of
from ..wording import shown
from .page import Card


def cards_of(sweep: Sweep, summary: Summary) -> list[Card]:
    """What is seen first."""
    plan, state = sweep.plan, sweep.state
    cards = _best_cards(sweep, summary)
    limit = f" of {plan.limits.trials}" if plan.limits.trials < UNLIMITED_TRIALS else ""
    cards.append(Card(
        "trainings dispatched", f"{summary.dispatched}{limit}", _ended_words(summary)
    ))  # fmt: skip
    tried = violations_of(plan, state)
    if tried is not None and tried.rate is not None:
        promised = "" if tried.alpha is None else f", {tried.alpha:.0%} promised"
        note = f"{tried.rate:.0%} of {tried.attempts} dispatched unmeasured{promised}"
        cards.append(Card("over the budget", f"{tried.broken}", note))
    if plan.gated:
        cards.append(Card("rejected before dispatch", f"{summary.saved}", "trainings not paid for"))
    cards.append(Card("running time", format_duration(state.now_s)))
    joules = [trial.spent_j for trial in state.trials.values() if trial.spent_j is not None]
    if joules:
        cards.append(Card("energy of the devices", format_quantity(sum(joules), "J")))
    return cards


def _best_cards(sweep: Sweep, summary: Summary) -> list[Card]:
    """The best network's objectives and costs: confirmed, where they were measured again."""
    winner, plan = summary.winner, sweep.plan
    best = winner.trial if winner else summary.best
    if best is None:
        return []
    cards = [
        Card(f"best {METRICS[objective.metric].short}", value, best.trial_id)
        for objective, value in zip(plan.objectives, _values(sweep, best), strict=True)
    ]
    for constraint in plan.predicted:
        metric = METRICS[constraint.metric]
        again = winner.again.costs.get(constraint.metric) if winner else None
        cost = (again or best.costs[constraint.metric]).value
        bound = format_quantity(constraint.bound, metric.unit)
        word = "confirmed" if again else "measured"
        cards.append(Card(
            f"{metric.short}, {word}", format_quantity(cost, metric.unit), f"of {bound} allowed",
            cost / constraint.bound,
        ))  # fmt: skip
    return cards


def _values(sweep: Sweep, trial: Trial) -> list[str]:
    objectives = sweep.plan.objectives
    values = values_of(trial, objectives)
    return [
        "" if v is None else shown(o.metric, v) for o, v in zip(objectives, values, strict=True)
    ]


def _ended_words(summary: Summary) -> str:
    stopped, failed = sum(summary.stopped.values()), sum(summary.failed.values())
    return f"{summary.completed} to the end, {stopped} stopped, {failed} failed"
