"""The state of a sweep: a fold over its events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from ..constraints.candidate import Candidate
from ..constraints.cost_models import CostRow, CostTable
from ..constraints.gate import Verdict
from ..constraints.measurement import Measurement
from .epoch_reports import best_of, tells_nothing_new, with_report
from .events import (
    Completed,
    Dispatched,
    End,
    Ended,
    Event,
    Failed,
    Infeasible,
    Interrupted,
    Probed,
    Proposed,
    Purpose,
    Queued,
    Rejected,
    Reported,
    Stopped,
)

JUDGED = ("train", "probe")  # purposes that end where a measured cost breaks the budget


@dataclass(frozen=True)
class Trial:
    """One candidate on its way.

    Attributes:
        proposed: how it came about.
        dispatched_s: running time of the sweep at dispatch; None while it waits.
        probe: what it cost, once measured.
        reports: one an epoch, in order.
        end: how it ended, if it has.
        ended_s: running time of the sweep then.
        interruptions: how often the driver lost it while it ran.
        withdrawn: refused by a later gate, or out of time, before it was dispatched.
        behind: who holds its device while it waits for it; empty if it does not.
        spent_j: energy that its device drew so far; None if nobody could read it.
    """

    proposed: Proposed
    dispatched_s: float | None = None
    probe: Probed | None = None
    reports: tuple[Reported, ...] = ()
    end: End | None = None
    ended_s: float | None = None
    interruptions: int = 0
    withdrawn: bool = False
    behind: str = ""
    spent_j: float | None = None

    @property
    def trial_id(self) -> str:
        """Name of the trial in the run."""
        return self.proposed.trial_id

    @property
    def candidate(self) -> Candidate:
        """What is built."""
        return self.proposed.candidate

    @property
    def purpose(self) -> Purpose:
        """What it is for."""
        return self.proposed.purpose

    @property
    def verdict(self) -> Verdict:
        """The gate's, when it was proposed."""
        return self.proposed.verdict

    @property
    def running(self) -> bool:
        """Whether a worker has it."""
        return self.dispatched_s is not None and self.end is None

    @property
    def waiting(self) -> bool:
        """Whether it waits to be dispatched."""
        return self.dispatched_s is None and self.end is None and not self.withdrawn

    @property
    def trained(self) -> bool:
        """Whether training told us something that may be relied on."""
        return bool(self.reports) and isinstance(self.end, Completed | Stopped)

    @property
    def probe_s(self) -> float | None:
        """Seconds of its own probe; None without one."""
        own = self.probe is not None and self.proposed.measured_by is None
        return self.probe.duration_s if self.probe is not None and own else None

    @property
    def costs(self) -> dict[str, Measurement]:
        """Measured costs by metric."""
        return {m.metric: m for m in self.probe.measurements} if self.probe else {}

    def value(self, metric: str) -> float | None:
        """A measured cost, or the best reported value of a metric; None if unknown."""
        if metric in self.costs:
            return self.costs[metric].value
        best = self.best_report(metric)
        return best.metrics[metric] if best else None

    def best_report(self, metric: str) -> Reported | None:
        """The epoch with the best value of a metric, the first of equals."""
        return best_of(self.reports, metric)


@dataclass(frozen=True, eq=False)
class State:
    """All that is known of a sweep after some event.

    Attributes:
        events: number of the last event.
        now_s: running time of the sweep at that event.
        trials: by id, in the order of proposal.
        rejections: the ledger.
        costs: everything measured that may teach a predictor.
        attempts: of each training that was dispatched on a prediction and whose costs are known,
            the metrics that broke their bounds; by trial, in the order in which it became known.
        lessons: how many events have taught something; a suggestion made before is stale.
        ended: why the sweep is over, if it is.
        before: trainings of earlier runs, by which strategies learn; no trials of this sweep.
    """

    events: int = 0
    now_s: float = 0.0
    trials: Mapping[str, Trial] = field(default_factory=dict)
    rejections: tuple[Rejected, ...] = ()
    costs: CostTable = field(default_factory=CostTable)
    attempts: Mapping[str, frozenset[str]] = field(default_factory=dict)
    lessons: int = 0
    ended: Ended | None = None
    before: tuple[Trial, ...] = ()

    @cached_property
    def running(self) -> tuple[Trial, ...]:
        """Trials that a worker has."""
        return tuple(trial for trial in self.trials.values() if trial.running)

    @cached_property
    def waiting(self) -> tuple[Trial, ...]:
        """Trials that wait to be dispatched, oldest first."""
        return tuple(trial for trial in self.trials.values() if trial.waiting)

    def weights(self, trial_id: str | None, metric: str) -> str | None:
        """Where a trial's best weights are by a reported metric, below the checkpoint folder."""
        best = self.trials[trial_id].best_report(metric) if trial_id else None
        return None if best is None else f"{trial_id}/best-{best.epoch}.pt"

    def of(self, purpose: Purpose) -> tuple[Trial, ...]:
        """All trials of a purpose that were not withdrawn."""
        return tuple(t for t in self.trials.values() if t.purpose == purpose and not t.withdrawn)


def advance(state: State, event: Event, now_s: float) -> State:
    """The state after one more event.

    Results may arrive late, in any order, twice, or never: an event about a trial that has ended,
    was withdrawn or was never proposed changes nothing but the count, and so does one that was
    heard before.
    """
    counted = replace(state, events=state.events + 1, now_s=max(now_s, state.now_s))
    match event:
        case Proposed():
            if event.trial_id in counted.trials:
                return counted
            return _with_trial(counted, Trial(event, probe=_taken_over(counted, event)))
        case Rejected():
            return _reject(counted, event)
        case Ended():
            return _close(counted, event)
        case _:
            trial = counted.trials.get(event.trial_id)
            if trial is None or trial.end is not None or trial.withdrawn or _heard(trial, event):
                return counted
            return _move(counted, _spent(trial, event), event)


def _taken_over(state: State, event: Proposed) -> Probed | None:
    """What another trial's probe measured of the same candidate, if the proposal rests on it."""
    other = state.trials.get(event.measured_by or "")
    if other is None or other.probe is None:
        return None
    return replace(other.probe, trial_id=event.trial_id, duration_s=0.0, spent_j=None)


def _heard(trial: Trial, event: Event) -> bool:
    """Whether an event tells of a trial what is known already."""
    match event:
        case Dispatched():
            return trial.running
        case Interrupted():
            return not trial.running
        case Probed():
            probe, building = trial.probe, trial.proposed.measured_by is not None
            return probe is not None and (probe.duration_s > 0 or not building)
        case Reported():
            return tells_nothing_new(trial.reports, event, trial.interruptions > 0)
        case _:
            return False


def _move(state: State, trial: Trial, event: Event) -> State:
    match event:
        case Dispatched():
            return _with_trial(state, replace(trial, dispatched_s=state.now_s))
        case Interrupted():
            count = trial.interruptions + 1
            return _with_trial(state, replace(trial, dispatched_s=None, interruptions=count))
        case Queued():
            return _with_trial(state, replace(trial, behind=event.behind))
        case Probed():
            return _learn(state, trial, event)
        case Reported():
            reports = with_report(trial.reports, event, trial.interruptions > 0)
            return _with_trial(state, replace(trial, reports=reports))
        case Completed() | Stopped() | Infeasible() | Failed():
            ended = replace(trial, end=event, ended_s=state.now_s)
            after = _with_trial(state, ended)
            if isinstance(event, Infeasible):
                after = _over(after, ended, event)
            return replace(after, lessons=state.lessons + 1)
        case _:
            raise TypeError(f"no move for {event!r}")


def _spent(trial: Trial, event: Event) -> Trial:
    """The trial with the energy that an event tells of; it waits for nobody any more."""
    told = getattr(event, "spent_j", None)
    spent_j = trial.spent_j if told is None else (trial.spent_j or 0.0) + told
    return replace(trial, behind="", spent_j=spent_j)


def _learn(state: State, trial: Trial, event: Probed) -> State:
    if trial.probe is not None:  # taken over: what is told is how long the network was built
        built = replace(trial.probe, duration_s=event.duration_s, place=event.place)
        return _with_trial(state, replace(trial, probe=built))
    probed = replace(trial, probe=event)
    after = _attempted(_with_trial(state, probed), probed, event.broken)
    if trial.purpose == "confirm":  # the same network, seen before
        return after
    table = state.costs.with_row(CostRow(trial.candidate, probed.costs))
    return replace(after, costs=table, lessons=state.lessons + 1)


def _over(state: State, trial: Trial, event: Infeasible) -> State:
    """Out of memory is told without a measurement; it is an outcome and a lower bound."""
    after = _attempted(state, trial, event.metrics)
    unknown = [metric for metric in event.metrics if metric not in trial.costs]
    return replace(after, costs=after.costs.with_exceeded(trial.candidate, unknown))


def _attempted(state: State, trial: Trial, broken: Iterable[str]) -> State:
    if trial.purpose != "train" or trial.verdict.measured:
        return state
    return replace(state, attempts={**state.attempts, trial.trial_id: frozenset(broken)})


def _reject(state: State, event: Rejected) -> State:
    kept = replace(state, rejections=(*state.rejections, event))
    trial = kept.trials.get(event.trial_id)
    if not event.withdrawn or trial is None or not trial.waiting:
        return kept
    return _with_trial(kept, replace(trial, withdrawn=True))


def _close(state: State, event: Ended) -> State:
    """When time is up, what still waits is not dispatched any more; the first end stays."""
    if state.ended is not None:
        return state
    closed = replace(state, ended=event)
    if event.reason == "time":
        for trial in state.waiting:
            closed = _with_trial(closed, replace(trial, withdrawn=True))
    return closed


def _with_trial(state: State, trial: Trial) -> State:
    return replace(state, trials={**state.trials, trial.trial_id: trial})
