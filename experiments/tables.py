"""A run as tables: one row a trial, one row a rejection."""

from __future__ import annotations

from collections.abc import Container
from numbers import Number
from typing import Any

import pandas as pd

from ..constraints.measurement import Measurement
from ..constraints.metrics import METRICS
from ..orchestrator.confirmation import front
from ..orchestrator.events import Completed, Failed, Infeasible, Rejected, Stopped
from ..orchestrator.history import is_feasible
from ..orchestrator.plan import Plan
from ..orchestrator.state import State, Trial


def trials_table(plan: Plan, state: State) -> pd.DataFrame:
    """One row a trial, in the order of proposal.

    Returns:
        Columns `trial_id`, `purpose`, `status`, `reason`, `param.*` (empty where the parameter
        does not exist), each cost with `predicted.*`, `standard_error.*`, `attribution.*`,
        `flags.*` and `noted.*`, `error`, `epochs`, `feasible`, `front` (whether it is the best, or
        among the best of several objectives), times in seconds of the sweep, and `spent_j`, what
        the whole device drew during the trial.
    """
    shown = [trial for trial in state.trials.values() if not trial.withdrawn]
    on_front = {trial.trial_id for trial in front(plan, state)}
    rows = [_trial_row(plan, trial, on_front) for trial in shown]
    columns = ["trial_id", "purpose", "status", "reason", "feasible", "dispatched_s", "ended_s"]
    return storable(pd.DataFrame(rows)) if rows else pd.DataFrame(columns=columns)


def ledger_table(state: State) -> pd.DataFrame:
    """One row a candidate that the strategy wanted and the gate refused."""
    return storable(pd.DataFrame([_rejection_row(rejected) for rejected in state.rejections]))


def storable(frame: pd.DataFrame) -> pd.DataFrame:
    """The same table with columns of several kinds as text, because Parquet stores none of them.

    Numbers are of one kind, whole or not; a bool is no number.

    >>> storable(pd.DataFrame({"rate": [False, 0.1], "width": [3, 0.5]})).to_dict("list")
    {'rate': ['False', '0.1'], 'width': [3.0, 0.5]}
    """
    stored = frame.copy()
    for name in frame.columns:
        if len({_kind(value) for value in frame[name].dropna()}) > 1:
            stored[name] = frame[name].map(str, na_action="ignore")
    return stored


def status(trial: Trial) -> tuple[str, str]:
    """How a trial stands, and why, in words."""
    match trial.end:
        case Completed():
            return "completed", ""
        case Stopped(reason=reason):
            return "stopped", reason
        case Infeasible(reason=reason, metrics=metrics):
            names = ", ".join(METRICS[metric].short for metric in metrics)
            return "infeasible", f"{reason}: {names}" if names else reason
        case Failed(reason=reason):
            return "failed", reason
    if trial.behind:
        return "queued", f"its device is held by {trial.behind}"
    if trial.running:
        return "training" if trial.reports else "probed" if trial.probe else "running", ""
    return "waiting", ""


def _kind(value: object) -> type:
    return Number if isinstance(value, Number) and not isinstance(value, bool) else type(value)


def _trial_row(plan: Plan, trial: Trial, on_front: Container[str]) -> dict[str, Any]:
    state, reason = status(trial)
    row: dict[str, Any] = {
        "trial_id": trial.trial_id,
        "purpose": trial.purpose,
        "status": state,
        "reason": reason,
        "feasible": is_feasible(trial, plan.constraints) if trial.trained else None,
        "front": trial.trial_id in on_front if trial.trained else None,
        "borderline": trial.probe.borderline if trial.probe else None,
        "epochs": trial.reports[-1].epoch if trial.reports else 0,
        "dispatched_s": trial.dispatched_s,
        "ended_s": trial.ended_s,
        "spent_j": trial.spent_j,
        "parameters": trial.probe.parameters if trial.probe else None,
        "admission_probability": trial.verdict.probability,
        "extrapolated": trial.verdict.extrapolated,
        "proposed_after_event": trial.proposed.after_event,
        "seed": trial.proposed.seed,
    }
    best = trial.best_report(plan.selected_by)
    row |= dict(best.metrics) if best else {}
    if isinstance(trial.end, Completed):
        row |= dict(trial.end.metrics)
    for metric, measured in trial.costs.items():
        row |= _cost_cells(metric, measured)
    row |= {f"predicted.{metric}": cost for metric, cost in trial.verdict.costs.items()}
    row |= {f"param.{name}": trial.candidate.get(name) for name in plan.space.names}
    return row


def _cost_cells(metric: str, measured: Measurement) -> dict[str, Any]:
    return {
        metric: measured.value,
        f"standard_error.{metric}": measured.standard_error,
        f"attribution.{metric}": measured.attribution,
        f"flags.{metric}": ", ".join(measured.flags),
        **{f"noted.{metric}.{name}": figure for name, figure in measured.noted.items()},
    }


def _rejection_row(rejected: Rejected) -> dict[str, Any]:
    row: dict[str, Any] = {
        "candidate": rejected.candidate.key,
        "broke": ", ".join(rejected.verdict.broken),
        "probability": rejected.verdict.probability,
        "samples": rejected.samples,
        "refused": rejected.refused,
        "pool": rejected.pool,
        "trial_id": rejected.trial_id,
        "withdrawn": rejected.withdrawn,
    }
    row |= {f"predicted.{metric}": cost for metric, cost in rejected.verdict.costs.items()}
    row |= {f"bound.{metric}": bound for metric, bound in rejected.bounds.items()}
    return row | {f"param.{name}": value for name, value in rejected.candidate.items()}
