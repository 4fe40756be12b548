"""What a log is told of a sweep's trainings: the difference between two states.

Only trials that train are told of, one that ended at its probe included; what is measured alone is
in the journal. A training that was interrupted is told anew and whole by the process that goes on
with it. Metrics have the names and units of the journal, at step 0 after the probe and at the
number of the epoch after each epoch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..constraints.candidate import Candidate
from .events import Failed, Reported
from .history import is_feasible
from .plan import Plan
from .state import State, Trial


@dataclass(frozen=True)
class Begun:
    """A training begins, or goes on after an interruption."""

    trial_id: str
    candidate: Candidate


@dataclass(frozen=True)
class Told:
    """What is known of it after an epoch.

    Attributes:
        trial_id: of the trial.
        epoch: 0 after the probe.
        values: measured costs, what the epoch reported, its `duration_s` and, where it can be read,
            `spent_j`; and `feasible`, 1 where all constraints hold so far and 0 where not.
    """

    trial_id: str
    epoch: int
    values: Mapping[str, float]


@dataclass(frozen=True)
class Over:
    """It ended; `failed` if it gave no result that may be relied on."""

    trial_id: str
    failed: bool


News = Begun | Told | Over


def news(plan: Plan, before: Mapping[str, Trial], state: State) -> Iterator[News]:
    """What happened to trainings since an earlier state.

    Args:
        plan: of the sweep.
        before: trials by id as they were then; none of those that ran may be unheard of.
        state: as it is now.
    """
    for trial in state.of("train"):
        earlier = before.get(trial.trial_id)
        if earlier is not trial and trial.dispatched_s is not None:
            heard = earlier if earlier is not None and earlier.dispatched_s is not None else None
            if heard is None or heard.end is None:
                yield from _of(plan, heard, trial)


def _of(plan: Plan, heard: Trial | None, trial: Trial) -> Iterator[News]:
    """Of one that is under way, or was until now; `heard` is None if nothing was told of it."""
    if heard is None:
        yield Begun(trial.trial_id, trial.candidate)
    known = (heard.costs, heard.reports) if heard is not None else ({}, ())
    if trial.costs and not known[0]:
        yield Told(trial.trial_id, 0, _values(plan, trial))
    for report in trial.reports:
        if report not in known[1]:
            yield Told(trial.trial_id, report.epoch, _values(plan, trial, report))
    if trial.end is not None:
        yield Over(trial.trial_id, isinstance(trial.end, Failed))


def _values(plan: Plan, trial: Trial, report: Reported | None = None) -> dict[str, float]:
    values = {metric: measured.value for metric, measured in trial.costs.items()}
    if report is not None:
        values |= {**report.metrics, "duration_s": report.duration_s}
        values |= {} if report.spent_j is None else {"spent_j": report.spent_j}
    constraints = plan.predicted if report is None else plan.constraints
    return values | {"feasible": float(is_feasible(trial, constraints))}
