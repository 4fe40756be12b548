"""Holds the one mutable reference of a sweep: its state, its journal and its clock.

Every event goes through `tell`: journal first, then the state. An executor (Ray Tune, or a plain
loop) asks `next_dispatch` what to run and tells what came of it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .ahead import Ahead, Background, Inline
from .confirmation import ranked
from .events import Dispatched, Event, Infeasible, Interrupted, Stopped
from .journal import Entry, Journal
from .plan import Plan
from .search import Dispatch, Finish, Search, StopTrial, Think
from .state import JUDGED, State, Trial, advance

Listener = Callable[[State], None]


@dataclass(frozen=True)
class Finished:
    """There is nothing more to dispatch."""


class Driver:
    """Runs one search against a journal.

    Attributes:
        search: the state machine.
        state: as of the last event told.
    """

    def __init__(
        self,
        search: Search,
        journal: Journal,
        entries: Sequence[Entry] = (),
        *,
        start: State | None = None,
        ahead: bool = True,
        clock: Callable[[], float] = time.monotonic,
        listener: Listener = lambda state: None,
        quietly: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self.search = search
        self.state = replay(entries, start or State())
        self._journal = journal
        self._clock = clock
        self._listener = listener
        self._began_s = clock() - self.state.now_s

        def compute(state: State) -> Sequence[Event]:
            with quietly():
                return search.think(state, self.now_s)

        stopgap = lambda state: search.think_quickly(state, self.now_s)  # noqa: E731
        self._ahead: Ahead = Background(compute, stopgap) if ahead else Inline(compute)
        self._recover()

    @staticmethod
    def open(search: Search, path: Path, **options: Any) -> Driver:
        """A driver over a journal on disk, new or to be continued; `options` as in `Driver`."""
        journal, entries = Journal.open(path)
        return Driver(search, journal, entries, **options)

    @property
    def now_s(self) -> float:
        """Running time of the sweep, interruptions left out."""
        return self._clock() - self._began_s

    def tell(self, *events: Event) -> tuple[StopTrial, ...]:
        """Take events in: on disk first, then in the state.

        Returns:
            Trials that must be stopped because of them; their end is journalled with them.
        """
        now_s = self.now_s
        state = self.state
        stops: tuple[StopTrial, ...] = ()
        for event in events:
            state, actions = self.search.step(state, event, now_s)
            stops = (*stops, *actions)
        ends = [Stopped(stop.trial_id, stop.reason) for stop in stops]
        for end in ends:
            state, _ = self.search.step(state, end, now_s)
        self._journal.append([*events, *ends], now_s)  # one group: a report and what follows
        self.state = state
        self._prepare()
        self._listener(state)
        return stops

    def next_dispatch(self) -> Trial | Finished | None:
        """The next trial to run, journalled as dispatched.

        Returns:
            A trial; `Finished` when there will be none; None when it is too early to say: ask
            again.
        """
        while True:
            match self.search.agenda(self.state, self.now_s):
                case Dispatch(trial):
                    event = self.search.recheck(self.state, trial)
                    self.tell(event)
                    if isinstance(event, Dispatched):
                        return self.state.trials[trial.trial_id]
                case Think():
                    events = self._ahead.take(self.state, wait=not self.state.running)
                    if not events:  # not ready, or only what runs now can tell
                        return None
                    self.tell(*events)
                case Finish():
                    return Finished()
                case _:
                    return None

    def close(self) -> None:
        """Stop thinking and close the journal; what runs is found interrupted on the next start."""
        self._ahead.close()
        self._journal.close()

    def _prepare(self) -> None:
        """Think about what comes after the trials that run now, if it can be known.

        With one trial at a time it cannot: its result changes what is next.
        """
        if self.search.plan.limits.concurrency == 1:
            return
        if self.state.ended is None and self.state.running and not self.state.waiting:
            profiling = any(trial.running for trial in self.state.of("profile"))
            if not profiling:
                self._ahead.prepare(self.state)

    def _recover(self) -> None:
        """Trials that ran when the last driver died wait to be dispatched again.

        One whose probe had broken the budget already has only lost its end.
        """
        events = [self._lost(trial) for trial in self.state.running]
        if events:
            self.tell(*events)

    def _lost(self, trial: Trial) -> Event:
        if trial.probe and trial.probe.broken and is_judged(self.search.plan, trial):
            return Infeasible(trial.trial_id, "budget", trial.probe.broken)
        return Interrupted(trial.trial_id)


def replay(entries: Sequence[Entry], start: State) -> State:
    """The state after journalled events: resuming is replaying."""
    state = start
    for entry in entries:
        state = advance(state, entry.event, entry.now_s)
    return state


def is_judged(plan: Plan, trial: Trial) -> bool:
    """Whether a measured breach of the budget ends a trial."""
    return plan.strategy.aware and trial.purpose in JUDGED


def dispatch_dict(driver: Driver, trial: Trial) -> Mapping[str, Any]:
    """A trial as the plain dict that crosses the border to a worker."""
    plan = driver.search.plan
    # a trial that passed its probe, before it was interrupted or for another, has no second one
    probes = trial.probe is None
    decides = probes and is_judged(plan, trial)
    finalists = [t.trial_id for t in ranked(plan, driver.state)[: plan.confirmation.best]]
    return {
        "trial_id": trial.trial_id,
        "purpose": trial.purpose,
        "candidate": dict(trial.candidate),
        "seed": trial.proposed.seed,
        "metrics": list(plan.probed_metrics) if probes else [],
        "bounded": [c.metric for c in plan.predicted],
        "bounds": {c.metric: c.bound for c in plan.predicted} if decides else {},
        "resume_epoch": trial.reports[-1].epoch if trial.reports else 0,
        "weights": driver.state.weights(trial.proposed.subject, plan.selected_by),
        "finalist": trial.proposed.subject in finalists,
    }
