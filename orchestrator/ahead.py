"""Suggestions computed ahead of time, so that whoever asks does not wait for them.

The background form computes off the caller's loop, one suggestion at a time: as soon as a trial is
dispatched it works on the next, and again whenever something new is learned. Asked while a newer
one is still being computed, it hands over the one before, so that no device idles; the gate of that
moment checks it again, and the journal says how old it was (`after_event`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from typing import Protocol

from .events import Ended, Event
from .state import State

Compute = Callable[[State], Sequence[Event]]


class Ahead(Protocol):
    """Computes the next events from snapshots of the state."""

    def prepare(self, state: State) -> None:
        """The state is new: compute from it when there is time."""
        ...

    def take(self, state: State, *, wait: bool) -> Sequence[Event] | None:
        """The next events, or None if there are none yet.

        Args:
            state: as it is now.
            wait: nothing else is going on, so wait for what follows from this very state.
        """
        ...

    def close(self) -> None:
        """Stop computing."""
        ...


class Inline:
    """Depth zero: computes when asked, from the state of that moment. For replays and tests."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute

    def prepare(self, state: State) -> None:
        """Nothing is done ahead."""

    def take(self, state: State, *, wait: bool) -> Sequence[Event]:
        """Compute now."""
        return self._compute(state)

    def close(self) -> None:
        """Nothing to stop."""


class Background:
    """Depth one: a thread computes the next suggestion while trials run."""

    def __init__(self, compute: Compute) -> None:
        self._compute = compute
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="hyperwatt-think")
        self._job: Future[Sequence[Event]] | None = None
        self._snapshot = State()
        self._older: Sequence[Event] | None = None

    def prepare(self, state: State) -> None:
        """Start on a state, unless one is being computed or nothing was learned since the last.

        Never raises: a fault of the computation is raised by `take`.
        """
        if self._job is not None and (not self._job.done() or self._knows(state)):
            return
        if self._job is not None and self._job.exception() is None:
            self._older = _still_of_use(self._job.result())
        self._snapshot = state
        self._job = self._pool.submit(self._compute, state)

    def take(self, state: State, *, wait: bool) -> Sequence[Event] | None:
        """The newest there is."""
        self.prepare(state)
        if wait:
            self._wait_until_fresh(state)
        assert self._job is not None
        fresh = self._job.done() and self._knows(state)
        done = self._job.result() if self._job.done() else None
        events = done if fresh else (_still_of_use(done) or self._older)
        if events:
            self._job, self._older = None, None
        return events

    def close(self) -> None:
        """Let a running computation finish unheard."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _wait_until_fresh(self, state: State) -> None:
        while self._job is None or not self._job.done() or not self._knows(state):
            if self._job is not None:
                wait_for([self._job])
            self.prepare(state)

    def _knows(self, state: State) -> bool:
        """Whether the last computation knew all that this state does."""
        made = self._snapshot
        return (made.lessons, len(made.trials)) == (state.lessons, len(state.trials))


def _still_of_use(events: Sequence[Event] | None) -> Sequence[Event] | None:
    """An older proposal may be used; an older end may be wrong by now."""
    if events is None or any(isinstance(event, Ended) for event in events):
        return None
    return events
