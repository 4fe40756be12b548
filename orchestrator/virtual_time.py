"""Runs a search in virtual time: events say how long they took, and nobody waits.

For recorded tables. Trials run side by side as the plan's concurrency allows; the one whose next
event is due first is heard first, so that a sweep of days is told in seconds, in the same order.
Suggestions take no virtual time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush

from .driver import Driver, Finished
from .events import Event, Probed, Reported
from .state import Trial

Evaluate = Callable[[Trial], Iterator[Event]]


class VirtualClock:
    """A clock that moves when it is told.

    Attributes:
        now_s: seconds since it was made.
    """

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.now_s


@dataclass(frozen=True, order=True)
class _Due:
    """The next event of a running trial; of two at one time, the earlier started comes first."""

    at_s: float
    order: int


def run_in_virtual_time(driver: Driver, evaluate: Evaluate, clock: VirtualClock) -> None:
    """Run until the search is finished.

    Args:
        driver: of the sweep, on this clock, without thinking ahead.
        evaluate: yields the events of one trial, its end last; `duration_s` of an event is the
            time since the one before.
        clock: of the driver.
    """
    running: dict[int, tuple[Event, Iterator[Event]]] = {}
    queue: list[_Due] = []
    order = 0

    def await_next(number: int, events: Iterator[Event]) -> None:
        event = next(events)
        running[number] = (event, events)
        heappush(queue, _Due(clock.now_s + _duration_s(event), number))

    while True:
        found = driver.next_dispatch()
        if isinstance(found, Finished):
            return
        if found is not None:
            await_next(order, evaluate(found))
            order += 1
            continue
        due = heappop(queue)
        event, events = running.pop(due.order)
        clock.now_s = max(clock.now_s, due.at_s)
        stopped = driver.tell(event)
        if not stopped and isinstance(event, Probed | Reported):
            await_next(due.order, events)


def _duration_s(event: Event) -> float:
    return event.duration_s if isinstance(event, Probed | Reported) else 0.0
