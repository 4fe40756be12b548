"""Runs a search without Ray: one trial after another in a plain loop.

For tests, replays of measured values, and recorded tables.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .driver import Driver, Finished
from .events import Event
from .state import Trial

Evaluate = Callable[[Trial], Iterator[Event]]


def run_serially(driver: Driver, evaluate: Evaluate) -> None:
    """Run until the search is finished.

    Args:
        driver: of the sweep, at concurrency one.
        evaluate: yields the events of one trial, its end last.
    """
    while True:
        trial = driver.next_dispatch()
        if isinstance(trial, Finished):
            return
        if trial is None:
            continue
        for event in evaluate(trial):
            if driver.tell(event):
                break
