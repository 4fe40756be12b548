"""Suggestions computed ahead of time, so that whoever asks does not wait for them.

The background form computes off the caller's loop, one suggestion at a time: as soon as a trial is
dispatched it works on the next, and again whenever something new is learned. Asked while a newer
one is still being computed, it hands over the one before, so that no device idles; the gate of that
moment checks it again, and the journal says how old it was (`after_event`). If none comes for long,
a stopgap is computed at once, and says what it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from typing import Protocol

from .events import Ended, Event
from .state import State

Compute = Callable[[State], Sequence[Event]]

# That whoever asks waits for a suggestion. At half, a fit on a busy machine is given up for a
# random candidate; at double, a device idles that long.
PATIENCE_S = 10.0


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
    """Depth one: a thread computes the next suggestion while trials run.

    Args:
        compute: slow, and worth waiting for.
        stopgap: at once, from the same state; nothing if it cannot say.
        patience_s: that is waited before the stopgap is taken.
    """

    def __init__(
        self,
        compute: Compute,
        stopgap: Compute = lambda state: (),
        *,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._compute = compute
        self._stopgap = stopgap
        self._patience_s = patience_s
        self._asked_s: float | None = None
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
        self._asked_s = time.monotonic() if self._asked_s is None else self._asked_s
        if wait:
            self._wait_until_fresh(state, self._left_s())
        assert self._job is not None
        fresh = self._job.done() and self._knows(state)
        done = self._job.result() if self._job.done() else None
        events = done if fresh else (_still_of_use(done) or self._older)
        if not fresh and not events and not self._left_s():
            events = self._stopgap(state)
            if not events and wait:
                return self._take_fresh(state)
            self._asked_s = time.monotonic()  # not again at each call
        if events or fresh:
            self._asked_s = None
        if events:  # what is still being computed proposes the trial that this one is
            self._job.cancel()
            self._job, self._older = None, None
        return events

    def _take_fresh(self, state: State) -> Sequence[Event]:
        """Wait however long it takes: there is no stopgap, and nothing else goes on."""
        self._wait_until_fresh(state, None)
        assert self._job is not None
        events = self._job.result()
        self._job, self._older, self._asked_s = None, None, None
        return events

    def _left_s(self) -> float:
        """How much patience is left with whoever is being waited for."""
        assert self._asked_s is not None
        return max(0.0, self._patience_s - (time.monotonic() - self._asked_s))

    def close(self) -> None:
        """Let a running computation finish unheard."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _wait_until_fresh(self, state: State, most_s: float | None) -> None:
        until_s = None if most_s is None else time.monotonic() + most_s
        while self._job is None or not self._job.done() or not self._knows(state):
            left_s = None if until_s is None else until_s - time.monotonic()
            if left_s is not None and left_s <= 0:
                return
            if self._job is not None:
                wait_for([self._job], left_s)
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
