"""The search: a pure state machine over events.

    step(state, event, now_s) -> (state, actions)     what follows from an event, at once
    agenda(state, now_s)      -> what to do next       dispatch, think, wait, or finish
    think(state)              -> events                 slow; computed from a snapshot, anywhere
    think_quickly(state)      -> events                 a stopgap, where thinking takes too long

No clock, disk, thread or cluster: `driver.py` holds the one mutable reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from threading import Lock

from ..constraints.cost_models import CostTable, FittedCosts
from ..constraints.domains import Array
from ..constraints.gate import Gate, Verdict
from .confirmation import next_to_confirm
from .design import design_points
from .events import Dispatched, Ended, Event, Rejected, Reported
from .gating import gate_of, judge
from .plan import Plan
from .probing import nearest_unmeasured
from .state import State, Trial, advance
from .strategies.random_search import RandomSearch
from .suggestion import propose, suggest
from .warm_start import next_first

# At once, before the models are fitted anew. At half, more fits for the same measurements; at
# double, more is measured by an older model.
MEASURED_MORE = 5


@dataclass(frozen=True)
class StopTrial:
    """End a training after the epoch it has reported."""

    trial_id: str
    reason: str


@dataclass(frozen=True)
class Dispatch:
    """Hand a waiting trial to a worker."""

    trial: Trial


@dataclass(frozen=True)
class Think:
    """Compute what comes next from the state as it is."""


@dataclass(frozen=True)
class Wait:
    """Nothing can be done before a running trial says something."""


@dataclass(frozen=True)
class Finish:
    """The sweep is over."""


Agenda = Dispatch | Think | Wait | Finish


class Search:
    """The state machine of one plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        # keyed by the identity of the (immutable) cost table: refitted when a probe taught
        self._fitting = Lock()
        self._fitted = lru_cache(maxsize=2)(self._fit)
        self._latest: FittedCosts | None = None

    def gate(self, state: State, *, besides: str | None = None) -> Gate:
        """The gate of a state; its predictors are fitted once for each state of knowledge.

        Args:
            state: of which.
            besides: a trial that the gate is asked about, so that it does not count as under way.
        """
        return gate_of(self.plan, state, self._costs(state), besides=besides)

    def _costs(self, state: State) -> FittedCosts:
        with self._fitting:  # the loop and the thread that thinks ahead ask for the same ones
            return self._fitted(state.costs)

    def step(self, state: State, event: Event, now_s: float) -> tuple[State, tuple[StopTrial, ...]]:
        """Take one event in.

        Args:
            state: before.
            event: what happened.
            now_s: running time of the sweep.

        Returns:
            The state after it, and what must be done because of it.
        """
        after = advance(state, event, now_s)
        trial = after.trials.get(event.trial_id) if isinstance(event, Reported) else None
        if trial is None or not trial.reports or trial.reports[-1] is not event:
            return after, ()  # late or heard before: it was judged then
        reason = self.stop_reason(after, trial)
        return after, (StopTrial(trial.trial_id, reason),) if reason else ()

    def stop_reason(self, state: State, trial: Trial) -> str | None:
        """Why a training should end after its last report, if it should."""
        if not trial.reports or not trial.running:
            return None
        if state.now_s >= self.plan.limits.wall_clock_s:
            return "time limit"
        return next((rule.reason for rule in self.plan.rules if rule.stops(state, trial)), None)

    def agenda(self, state: State, now_s: float) -> Agenda:
        """What to do next."""
        if len(state.running) >= self._concurrency(state):
            return Wait()
        late = state.ended is None and now_s >= self.plan.limits.wall_clock_s
        if state.waiting and not late:
            return Dispatch(state.waiting[0])
        if state.ended is None:
            return self._next_training(state)
        if state.running:
            return Wait()
        return Think() if next_to_confirm(self.plan, state) else Finish()

    def finished(self, state: State) -> bool:
        """Whether nothing is left to do."""
        return isinstance(self.agenda(state, state.now_s), Finish) and not state.running

    def think(self, state: State, now_s: float) -> Sequence[Event]:
        """Compute the next events from a snapshot: proposals, a rejection, or the end.

        Returns:
            Nothing if only trials that run now can tell how to go on.
        """
        if state.ended is not None:
            return self._confirm(state)
        if self.plan.first_measured and not state.of("profile"):
            return self._profile(state)
        ended = self._limit_reached(state, now_s)
        if ended:
            return [ended]
        first = next_first(self.plan, state, self.gate(state))
        return [first] if first else self._suggest(state)

    def think_quickly(self, state: State, now_s: float) -> Sequence[Event]:
        """What was given to be tried, or a random candidate that the gate fitted last admits.

        Nothing if no gate was fitted yet.
        """
        latest = self._latest if self.plan.gated else FittedCosts()
        if latest is None or state.ended is not None or self._limit_reached(state, now_s):
            return []
        gate = gate_of(self.plan, state, latest)
        first = next_first(self.plan, state, gate)
        if first:  # what was given to be tried needs no model
            return [first]
        found = suggest(self._at_random, state, gate)
        if isinstance(found, Ended):
            return []
        return [replace(found.proposed, note="the models took too long")]

    @cached_property
    def _at_random(self) -> Plan:
        strategy = RandomSearch(self.plan.strategy.name, aware=self.plan.strategy.aware)
        return replace(self.plan, strategy=strategy)

    def _suggest(self, state: State) -> Sequence[Event]:
        found = suggest(self.plan, state, self.gate(state))
        if isinstance(found, Ended):
            if state.running:  # what runs now may teach otherwise
                return []
            return self._measure_more(state, found) or [found]
        notes = [self._costs(state).fault, found.proposed.note]
        proposed = replace(found.proposed, note="; ".join(filter(None, notes)))
        return [found.rejected, proposed] if found.rejected else [proposed]

    def recheck(self, state: State, trial: Trial) -> Event:
        """What the gate of now says of a waiting trial: dispatch it, or take it back.

        One that was dispatched before is dispatched again, so that a resumed sweep goes on as the
        uninterrupted one would have.
        """
        if trial.purpose != "train" or trial.interruptions or not self.plan.gated:
            return Dispatched(trial.trial_id)
        units = self.plan.space.encode([trial.candidate])
        gate = self._gate_at_once(state, trial.trial_id)
        verdict = judge(self.plan, state, gate, units, exact=True)[0]
        if verdict.admitted:
            return Dispatched(trial.trial_id)
        bounds = {c.metric: c.bound for c in self.plan.predicted}
        return Rejected(trial.candidate, verdict, bounds, 1, 1, trial.trial_id, withdrawn=True)

    def _gate_at_once(self, state: State, besides: str) -> Gate:
        """The gate of a state; where its models are being fitted, that of the last ones."""
        if self._latest is not None and not self._fitting.acquire(blocking=False):
            return gate_of(self.plan, state, self._latest, besides=besides)
        if self._latest is not None:
            self._fitting.release()
        return self.gate(state, besides=besides)

    def _next_training(self, state: State) -> Agenda:
        profiling = any(trial.running for trial in state.of("profile"))
        return Wait() if profiling else Think()

    def _limit_reached(self, state: State, now_s: float) -> Ended | None:
        limits = self.plan.limits
        if now_s >= limits.wall_clock_s:
            return Ended("time", f"the time limit of {limits.wall_clock_s:.0f} s is reached")
        if not limits.trials:
            return Ended("trials", "the profile is measured, and `limits.trials` is 0")
        if len(state.of("train")) >= limits.trials:
            return Ended("trials", f"all {limits.trials} trials were dispatched")
        return None

    def _concurrency(self, state: State) -> int:
        """One at a time while confirming, so that nothing else is on the device."""
        training = any(trial.purpose != "confirm" for trial in state.waiting)
        alone = state.ended is not None and not training
        return 1 if alone else self.plan.limits.concurrency

    def _profile(self, state: State) -> Sequence[Event]:
        """All profile trials at once: they depend on nothing but the seed."""
        return self._measure(state, design_points(self.plan, self.plan.first_measured))

    def _measure_more(self, state: State, ended: Ended) -> Sequence[Event]:
        """Where nothing is predicted inside the budget, measure what comes nearest, untrained.

        A model that is off would otherwise end a sweep that has time left. Given up after as many
        measurements in vain as the profile had.
        """
        if ended.reason != "nothing feasible" or not self.plan.first_measured:
            return []
        purposes = [
            trial.purpose
            for trial in state.trials.values()
            if trial.purpose != "probe" or not trial.verdict.admitted  # those were not in vain
        ]
        since = purposes[::-1].index("train") if "train" in purposes else len(purposes)
        first = 0 if "train" in purposes else self.plan.first_measured
        left = self.plan.first_measured - (since - first)
        if left <= 0:
            return []
        count = min(left, MEASURED_MORE)
        return self._measure(state, nearest_unmeasured(self.plan, state, self.gate(state), count))

    def _fit(self, costs: CostTable) -> FittedCosts:
        if not self.plan.gated:
            return FittedCosts()
        bounds = {constraint.metric: constraint.bound for constraint in self.plan.predicted}
        known = bounds if self.plan.promise is not None else {}  # the paper learns from values
        try:
            self._latest = self.plan.models.fit(costs, list(bounds), known)
        except Exception as error:  # simpler models are better than the end of a sweep
            # older ones might be better still, but a resumed sweep would not have them
            lines = self.plan.models.simplest().fit(costs, list(bounds), known)
            says = f"costs by straight lines, as others failed: {type(error).__name__}: {error}"
            self._latest = replace(lines, fault=says)
        return self._latest

    def _measure(self, state: State, units: Array) -> Sequence[Event]:
        """Proposals of profile trials, `(n, d)`."""
        events: list[Event] = []
        for row in units:
            verdict = Verdict(admitted=True, probability=1.0)
            event = propose(self.plan, state, row, purpose="profile", verdict=verdict)
            state = advance(state, event, state.now_s)
            events.append(event)
        return events

    def _confirm(self, state: State) -> Sequence[Event]:
        subject = next_to_confirm(self.plan, state)
        if subject is None:
            return []
        units = self.plan.space.encode([subject.candidate])[0]
        return [
            propose(
                self.plan, state, units,
                purpose="confirm", verdict=subject.verdict, subject=subject.trial_id,
            )
        ]  # fmt: skip
