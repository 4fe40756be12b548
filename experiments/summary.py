"""What a sweep found, what it cost, and what was saved: the numbers behind every report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..orchestrator.confirmation import Confirmed, confirmed, front, winners
from ..orchestrator.events import Completed, Failed, Infeasible, Stopped
from ..orchestrator.history import is_feasible
from ..orchestrator.plan import Plan
from ..orchestrator.promise_kept import PromiseKept, promise_kept
from ..orchestrator.state import State, Trial
from .model_quality import Judged, judge_if_few


@dataclass(frozen=True, eq=False)
class Summary:
    """A sweep in numbers.

    Attributes:
        measured_more: untrained candidates measured later, for want of a predicted-feasible one.
        measured_untrained: all candidates that were measured and not sent to be trained, first ones
            and later ones.
        profiled: untrained candidates measured first, and `profiled_inside`: of these, inside the
            budget as measured; they are spread evenly, so this estimates the feasible share.
        dispatched: trials sent to be trained.
        completed: trained to the last epoch.
        stopped: by reason, how many trainings ended early.
        infeasible: ended at their probe, not trained.
        failed: by reason.
        trained_infeasible: trained although they break the budget as measured.
        predicted_violations: dispatched although predicted over the budget; 0 behind a gate.
        measured_violations: dispatched and then measured over the budget, trained or not.
        stopgaps: by reason, candidates chosen at random for want of a model.
        saved: trainings that the same strategy without a gate would have dispatched, and were not.
        training_s: seconds spent in trials that trained.
        wasted_s: of these, in trials that break the budget.
        mean_training_s: seconds of a trial that was trained to its end; None if there is none.
        probe_s: mean seconds of a probe; None if there is none.
        model_errors: cross-validated RMSPE by metric, as a share.
        models: what each predictor is, by metric.
        front: the best feasible trials so far, by the validation split; one for one objective.
        confirmed: trials measured again at the end.
        winners: those that are named; none if none kept the budget.
        promise: how it was kept; None for a strategy that makes none.
        elapsed_s: running time.
    """

    measured_more: int
    measured_untrained: int
    profiled: int
    profiled_inside: int
    dispatched: int
    completed: int
    stopped: dict[str, int]
    infeasible: int
    failed: dict[str, int]
    trained_infeasible: int
    predicted_violations: int
    measured_violations: int
    stopgaps: dict[str, int]
    saved: int
    training_s: float
    wasted_s: float
    mean_training_s: float | None
    probe_s: float | None
    model_errors: dict[str, float]
    models: dict[str, str]
    front: Sequence[Trial]
    confirmed: Sequence[Confirmed]
    winners: Sequence[Confirmed]
    promise: PromiseKept | None
    elapsed_s: float

    @property
    def best(self) -> Trial | None:
        """The best feasible trial so far; of several, the one that stands for the front."""
        return next(iter(self.front), None)

    @property
    def winner(self) -> Confirmed | None:
        """The one that is named; of several, the first."""
        return next(iter(self.winners), None)

    @property
    def inside_share(self) -> float | None:
        """Share of the trials measured again that are still inside the budget."""
        if not self.confirmed:
            return None
        return sum(c.inside for c in self.confirmed) / len(self.confirmed)


def summarise(plan: Plan, state: State, judged: Judged | None = None) -> Summary:
    """Count what the state of a sweep holds.

    Args:
        plan: of the sweep.
        state: of it.
        judged: its predictors, where they were judged before; otherwise they are now, if that is
            quickly done.
    """
    judged = judge_if_few(plan, state) if judged is None else judged
    trials = [trial for trial in state.of("train") if trial.dispatched_s is not None]
    trained = [trial for trial in trials if trial.trained]
    first = state.of("profile")[: plan.profile_candidates]  # more are chosen, not drawn
    profiled = [trial for trial in first if trial.probe]
    broken = [t for t in trained if not is_feasible(t, plan.predicted)]
    dispatched = {trial.trial_id for trial in trials}
    choices = [r for r in state.rejections if not r.withdrawn and r.trial_id in dispatched]
    complete = [duration_s(t) for t in trained if isinstance(t.end, Completed)]
    probes = [t.probe_s for t in state.trials.values() if t.probe_s is not None]
    return Summary(
        measured_more=len(state.of("profile")) - len(first),
        measured_untrained=sum(t.probe is not None for t in _untrained(state)),
        profiled=len(profiled),
        profiled_inside=sum(is_feasible(t, plan.predicted) for t in profiled),
        dispatched=len(trials),
        completed=len(complete),
        stopped=_count(t.end.reason for t in trials if isinstance(t.end, Stopped)),
        infeasible=sum(isinstance(t.end, Infeasible) for t in trials),
        failed=_count(t.end.reason for t in trials if isinstance(t.end, Failed)),
        trained_infeasible=len(broken),
        predicted_violations=sum(not trial.verdict.admitted for trial in trials),
        measured_violations=sum(_is_over(plan, trial) for trial in trials),
        stopgaps=_count(t.proposed.note for t in state.trials.values() if t.proposed.note),
        saved=len(choices),
        training_s=sum(map(duration_s, trained)),
        wasted_s=sum(map(duration_s, broken)),
        mean_training_s=_mean(complete),
        probe_s=_mean(probes),
        model_errors={metric: quality.error for metric, quality in judged.items()},
        models={metric: quality.describes for metric, quality in judged.items()},
        front=front(plan, state),
        confirmed=confirmed(plan, state),
        winners=winners(plan, state),
        promise=promise_kept(plan, state),
        elapsed_s=state.now_s,
    )


def _untrained(state: State) -> list[Trial]:
    return [*state.of("profile"), *state.of("probe")]


def duration_s(trial: Trial) -> float:
    """Seconds of work on a trial, as its worker measured them: probe and epochs."""
    probe_s = trial.probe.duration_s if trial.probe else 0.0
    return probe_s + sum(report.duration_s for report in trial.reports)


def _is_over(plan: Plan, trial: Trial) -> bool:
    costs = trial.costs
    return any(c.metric in costs and not c.allows(costs[c.metric].value) for c in plan.predicted)


def _count(reasons: Iterable[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for reason in reasons:
        counts[reason] = counts.get(reason, 0) + 1
    return counts


def _mean(values: Sequence[float]) -> float | None:
    return sum(values) / len(values) if values else None
