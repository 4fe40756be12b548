"""A run as the rows behind its plots and its searchable table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from shlex import quote
from typing import Any

import numpy as np
import yaml

from ...constraints.candidate import Candidate
from ...constraints.domains import Choice, Value
from ...orchestrator.confirmation import front
from ...orchestrator.history import is_feasible
from ...orchestrator.outcomes import values_of
from ...orchestrator.plan import Plan
from ...orchestrator.state import State, Trial
from ..summary import duration_s
from ..tables import status
from .columns import Column, Columns, rounded
from .drawing import Rows

INSIDE, OVER, UNTRAINED, BROKEN = "feasible", "over the budget", "only measured", "failed"
MISSED = "breaks a constraint"  # that only training shows
STANDINGS = (INSIDE, OVER, MISSED, UNTRAINED, BROKEN)
MOST_REMEMBERED = 20_000  # candidates as text, for a page that follows a run
MOST_CURVES = 150  # trainings drawn epoch by epoch; more cannot be told apart


@dataclass(frozen=True, eq=False)
class RunData:
    """The rows of a run.

    Attributes:
        plan: of the run.
        state: of it.
        columns: of the trials.
        trials: one a trial, in the order of proposal.
    """

    plan: Plan
    state: State
    columns: Columns
    trials: Rows

    @staticmethod
    def of(plan: Plan, state: State) -> RunData:
        """Read off a run."""
        columns = Columns.of(plan, state)
        shown = [trial for trial in state.trials.values() if not trial.withdrawn]
        units = plan.space.encode([trial.candidate for trial in shown])
        best = {trial.trial_id for trial in front(plan, state)}
        rows = [
            _trial_row(plan, state, columns, trial) | {"best": trial.trial_id in best}
            | {f"u{i}": rounded(u) for i, u in enumerate(point) if not np.isnan(u)}
            for trial, point in zip(shown, units, strict=True)
        ]  # fmt: skip
        return RunData(plan, state, columns, rows)

    def trained(self) -> Rows:
        """Trials with a value of the first objective that may be relied on."""
        return [row for row in self.trials if row["purpose"] == "train" and "o0" in row]


def epoch_rows(run: RunData) -> Rows:
    """One row an epoch, of at most so many trainings: the best one and others evenly between."""
    metric = run.plan.selected_by
    scale = run.columns.reported(metric).scale
    reported = [trial for trial in run.state.of("train") if trial.reports]
    chosen = {int(i) for i in np.linspace(0, len(reported) - 1, min(len(reported), MOST_CURVES))}
    best = {row["id"] for row in run.trials if row["best"]}
    ends = {row["id"]: row["how"] for row in run.trials}
    return [
        {
            "id": trial.trial_id, "epoch": report.epoch, "end": ends[trial.trial_id],
            "value": rounded(report.metrics[metric] / scale), "best": trial.trial_id in best,
        }
        for i, trial in enumerate(reported)
        if i in chosen or trial.trial_id in best
        for report in trial.reports
        if metric in report.metrics
    ]  # fmt: skip


@lru_cache(maxsize=MOST_REMEMBERED)
def yaml_of(candidate: Candidate) -> str:
    """A candidate as YAML, a line a parameter."""
    return _yaml(candidate, default_flow_style=False)


@lru_cache(maxsize=MOST_REMEMBERED)
def setting_of(candidate: Candidate) -> str:
    """A candidate as a word of a command line: the point that a sweep tries first."""
    settings = _yaml(candidate, default_flow_style=True, width=1_000_000)
    return quote(f"warm_start.points=[{settings.strip()}]")


def _yaml(candidate: Candidate, **options: Any) -> str:
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # in C where there is one
    text = yaml.dump(dict(candidate), Dumper=dumper, sort_keys=False, allow_unicode=True, **options)
    return str(text)


def _trial_row(plan: Plan, state: State, columns: Columns, trial: Trial) -> dict[str, Any]:
    word, reason = status(trial)
    began_s = trial.dispatched_s
    ended_s = trial.ended_s if trial.ended_s is not None or not trial.running else state.now_s
    row: dict[str, Any] = {
        "id": trial.trial_id,
        "purpose": trial.purpose,
        "how": word,
        "why": reason,
        "standing": _standing(plan, trial),
        "epochs": trial.reports[-1].epoch if trial.reports else 0,
        "began": None if began_s is None else round(began_s, 2),
        "ended": None if ended_s is None else round(ended_s, 2),
        "work": rounded(duration_s(trial)),
        "joules": None if trial.spent_j is None else rounded(trial.spent_j),
        "chance": rounded(trial.verdict.probability),
        "place": trial.probe.place if trial.probe else "",
        "yaml": yaml_of(trial.candidate),
        "point": setting_of(trial.candidate),
    }
    if trial.trained:
        values = values_of(trial, plan.objectives)
        row |= {c.key: c.show(v) for c, v in zip(columns.objectives, values, strict=True)}
    costs = trial.costs
    row |= {c.key: c.show(costs[c.metric].value) for c in columns.costs if c.metric in costs}
    predicted = trial.verdict.costs
    row |= {c.key: c.show(predicted[c.metric]) for c in columns.predicted if c.metric in predicted}
    row |= {c.key: _shown(plan, c, trial.candidate.get(c.title)) for c in columns.parameters}
    return {key: value for key, value in row.items() if value is not None}


def _shown(plan: Plan, column: Column, value: Value | None) -> Value | None:
    """A parameter's value; as text where a choice has values of several kinds."""
    domain = plan.space.parameters[int(column.key[1:])].domain
    mixed = isinstance(domain, Choice) and is_mixed(domain)
    return str(value) if mixed and value is not None else value


def is_mixed(domain: Choice) -> bool:
    """Whether a choice has values of several kinds, which no plot and no column can hold."""
    kinds = {bool if isinstance(v, bool) else str if isinstance(v, str) else float
             for v in domain.values}  # fmt: skip
    return len(kinds) > 1


def _standing(plan: Plan, trial: Trial) -> str:
    word, _ = status(trial)
    if word == "infeasible":
        return OVER
    if word == "failed":
        return BROKEN
    if trial.probe is not None and plan.predicted and not is_feasible(trial, plan.predicted):
        return OVER
    if trial.trained:
        return INSIDE if is_feasible(trial, plan.constraints) else MISSED
    if trial.purpose == "confirm" and trial.probe is not None:
        return INSIDE
    return UNTRAINED
