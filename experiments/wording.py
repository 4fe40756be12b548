"""A sweep in words: lines for the terminal and the report, made from a summary."""

from __future__ import annotations

from ..constraints.measurement import IMPRECISE, SHARED, Measurement
from ..constraints.metrics import METRICS
from ..constraints.objective import Constraint
from ..constraints.units import format_quantity
from ..orchestrator.outcomes import values_of
from ..orchestrator.plan import Plan
from ..orchestrator.state import State, Trial
from ..workers.meters.accelerator import SIMULATED
from ..workers.meters.devices import REPLAY
from ..workers.recording import RECORDED
from .summary import Summary


def headline(plan: Plan, state: State, summary: Summary) -> str:
    """What the sweep found, in one line."""
    if len(plan.objectives) > 1 and summary.front:
        return _front_headline(summary)
    if summary.winner is not None:
        trial = summary.winner.trial
        return f"Best feasible network: {trial.trial_id}, {scores(plan, trial)}"
    if summary.best is not None and summary.confirmed:
        return (
            f"No finalist kept the budget when measured again; nearest is {summary.best.trial_id}, "
            f"{scores(plan, summary.best)}"
        )
    if summary.best is not None:
        return f"Best so far: {summary.best.trial_id}, {scores(plan, summary.best)} (not confirmed)"
    if state.ended and not plan.limits.trials:
        return f"{summary.profiled} candidates measured, none trained (`limits.trials` is 0)"
    trained = any(trial.reports for trial in state.of("train"))
    if state.ended and state.ended.reason == "time" and not trained:
        return (
            f"The time limit of {plan.limits.wall_clock_s:g} s was over before any training had "
            "finished an epoch: raise `limits.wall_clock`"
        )
    return nothing_feasible(plan, state)


def _front_headline(summary: Summary) -> str:
    members = f"a front of {len(summary.front)}"
    if summary.winners:
        names = ", ".join(one.trial.trial_id for one in summary.winners)
        return f"Best feasible networks: {members}; confirmed {names}"
    if summary.confirmed:
        return f"No finalist of {members} kept the budget when measured again"
    return f"Best so far: {members} (not confirmed)"


def scores(plan: Plan, trial: Trial) -> str:
    """The objectives, as validated and as probed."""
    values = values_of(trial, plan.objectives)
    known = [
        f"{METRICS[o.metric].short} {shown(o.metric, value)}"
        for o, value in zip(plan.objectives, values, strict=True)
        if value is not None
    ]
    return ", ".join(known) if len(known) == len(values) else "not known yet"


def shown(metric: str, value: float) -> str:
    """A value with its unit; errors and accuracies as percent."""
    if metric.endswith(("error", "accuracy")):
        return f"{value:.2%}"
    return format_quantity(value, METRICS[metric].unit if metric in METRICS else "")


def cost_line(constraint: Constraint, measured: Measurement, predicted: float | None) -> str:
    """A cost against its bound."""
    unit = METRICS[constraint.metric].unit
    guess = "" if predicted is None else f", predicted {format_quantity(predicted, unit)}"
    spread = format_quantity(measured.standard_error, unit)
    error = f" +- {spread}" if measured.standard_error else ""
    verdict = "inside" if constraint.allows(measured.value) else "OVER"
    return f"{format_quantity(measured.value, unit)}{error} ({verdict}{guess})"


def saved_lines(plan: Plan, summary: Summary) -> list[str]:
    """What the gate and the probe spared, and what was spent all the same."""
    lines = []
    if plan.gated and summary.profiled:
        lines.append(
            f"{summary.profiled_inside} of {summary.profiled} candidates measured first are inside "
            f"the budget (about {summary.profiled_inside / summary.profiled:.0%} of the space)"
        )
    if summary.measured_more:
        lines.append(
            f"{summary.measured_more} more were measured later, untrained, when nothing was "
            "predicted inside the budget any more"
        )
    if plan.gated:
        lines.append(
            f"{summary.saved} trainings saved by prediction: candidates that {plan.strategy.name} "
            "without a gate would have dispatched at that step" + _worth(summary, summary.saved)
        )
    if summary.infeasible:
        probe = f" of {summary.probe_s:.1f} s on average" if summary.probe_s else ""
        lines.append(
            f"{summary.infeasible} more found infeasible by their probe{probe}, and not trained"
        )
    if summary.trained_infeasible:
        lines.append(
            f"{summary.trained_infeasible} trained although they break the budget: "
            f"{summary.wasted_s:.0f} of {summary.training_s:.0f} s of training"
        )
    share = summary.inside_share
    if share is not None and plan.predicted and not _is_recorded(summary):
        kept = sum(c.inside for c in summary.confirmed)
        lines.append(
            f"{kept} of {len(summary.confirmed)} finished feasible trials ({share:.0%}) are still "
            "inside the budget when measured again, alone on the device"
        )
    return lines


def promise_lines(summary: Summary) -> list[str]:
    """The promise, how it was kept, and the margins that keep it."""
    kept = summary.promise
    if kept is None:
        return []
    lines = []
    if kept.rate is not None:
        margins = ", ".join(f"{METRICS[m].short} {q:+.2f}" for m, q in kept.margins.items())
        lines = [
            f"at most {kept.alpha:.0%} of the candidates dispatched by prediction break the budget "
            f"in the long run; so far {kept.broken} of {kept.attempts} ({kept.rate:.1%}). Whatever "
            f"the predictors, so few attempts cannot exceed {kept.bound:.0%}",
            f"margins, in spreads of the prediction: {margins}",
        ]
    if kept.probes:
        lines.append(
            f"{kept.probes} candidates that the gate refused or was unsure of were measured first; "
            f"{kept.probes_inside} of them were inside the budget, and may be trained"
        )
    return lines


def simulation_line(device: str) -> str:
    """What must be said of every result on a device that is not there; empty for a real one."""
    if device.startswith(REPLAY):
        return f"power is REPLAYED ({device}): that of a recording, whatever the network"
    if not device.startswith(SIMULATED):
        return ""
    return f"costs are SIMULATED ({device}): made up by formulae, no statement about a real device"


def model_lines(summary: Summary, device: str) -> list[str]:
    """How far the predictors are off, on rows left out of the fit."""
    if device.startswith((SIMULATED, REPLAY)):  # would measure one formula with another
        unsaid = "no accuracy is reported for a device that is not there"
        return [f"{METRICS[m].short}: {says}; {unsaid}" for m, says in summary.models.items()]
    return [
        f"{METRICS[metric].short}: {error:.1%} RMSPE, 10-fold; {summary.models[metric]}"
        for metric, error in summary.model_errors.items()
    ]


def stopgap_lines(summary: Summary) -> list[str]:
    """Which candidates the strategy did not choose, and why; empty if it chose all."""
    return [
        f"{count} chosen at random instead of by the strategy: {reason}"
        for reason, count in summary.stopgaps.items()
    ]


def measured_lines(state: State) -> list[str]:
    """What is to be known of the measured values; empty where there is nothing."""
    values = [m for trial in state.trials.values() for m in trial.costs.values()]
    shared = sum(m.attribution == SHARED for m in values)
    spoiled = f"{shared} of {len(values)} values were measured beside others, and teach nothing"
    lines = [spoiled] if shared else []
    for flag in sorted({flag for m in values for flag in m.flags}):
        flagged = [m for m in values if flag in m.flags]
        worst = max((m.standard_error / m.value for m in flagged if m.value), default=0.0)
        reached = f"; the least sure to {worst:.1%}" if flag == IMPRECISE else ""
        lines.append(f"{len(flagged)} of {len(values)} values are {flag}{reached}")
    return lines


def count_line(summary: Summary) -> str:
    """How the trials ended."""
    parts = [f"{summary.dispatched} dispatched", f"{summary.completed} trained to the end"]
    parts += [f"{count} stopped ({reason})" for reason, count in summary.stopped.items()]
    parts += [f"{summary.infeasible} infeasible"] if summary.infeasible else []
    parts += [f"{count} failed ({reason})" for reason, count in summary.failed.items()]
    before = f"{summary.profiled} profiled, " if summary.profiled else ""
    return before + ", ".join(parts)


def nothing_feasible(plan: Plan, state: State) -> str:
    """The trial that came nearest to the budget as measured, and by how much it misses."""
    nearest: tuple[float, Trial, Constraint] | None = None
    for trial in state.trials.values():
        misses = [
            (constraint.miss(trial.costs[constraint.metric].value), constraint)
            for constraint in plan.predicted
            if constraint.metric in trial.costs
        ]
        if misses:
            worst, constraint = max(misses, key=lambda pair: pair[0])
            if nearest is None or worst < nearest[0]:
                nearest = (worst, trial, constraint)
    if nearest is None or nearest[0] <= 1:
        return "No feasible trained network yet"
    worst, trial, constraint = nearest
    value = shown(constraint.metric, trial.costs[constraint.metric].value)
    return (
        f"No feasible network; of those measured {trial.trial_id} comes nearest: {value}, "
        f"{worst - 1:.0%} over {constraint}"
    )


def _is_recorded(summary: Summary) -> bool:
    """Whether measuring again only read the same row of a table again."""
    again = summary.confirmed[0].again.costs.values()
    return any(m.device.startswith(RECORDED) for m in again)


def _worth(summary: Summary, count: int) -> str:
    if not summary.mean_training_s or not count:
        return ""
    full_s = summary.mean_training_s
    return f" (about {count * full_s / 60:.1f} min at {full_s:.1f} s a full training: an estimate)"
