"""Tells a log what happens, without waiting for it and without depending on it.

Each log has a thread of its own: a slow server delays nobody. One that fails is left out from then
on, which is said once; the sweep and its journal do not notice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from queue import SimpleQueue
from threading import Condition, Thread
from typing import Generic, Protocol, TypeVar

# That the end of a sweep waits for a log. At half, uploads over a slow line are cut off; at double,
# a server that is gone holds up the report for two minutes.
PATIENCE_S = 60.0

FAILED = (
    "the log %r failed and is told no more; the sweep goes on, and its journal has it all: %s: %s"
)
UNFINISHED = "the log %r is not complete: it had not taken in the end of the sweep after %g s"

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)
_log = logging.getLogger(__name__)


class Log(Protocol[T_contra]):
    """Somebody who is told; every method may raise."""

    def hear(self, item: T_contra) -> None:
        """Take something in."""
        ...

    def close(self) -> None:
        """There is no more."""
        ...


class Newest(Generic[T]):
    """A queue of one, in which what is new replaces what was not taken yet; None ends it."""

    def __init__(self) -> None:
        self._items: list[T] = []
        self._over = False
        self._changed = Condition()

    def put(self, item: T | None) -> None:
        """Take something in, without waiting for it to be taken."""
        with self._changed:
            if item is None:
                self._over = True
            else:
                self._items = [item]
            self._changed.notify()

    def get(self) -> T | None:
        """Wait for the next one; None after the last."""
        with self._changed:
            self._changed.wait_for(lambda: self._items or self._over)
            return self._items.pop() if self._items else None


class LogThread(Generic[T]):
    """Tells one log, in order.

    Args:
        name: of the log, for people.
        opened: makes it; called in the thread, since imports and servers are slow.
        newest: whether a log that is behind is told only the newest item.
    """

    def __init__(self, name: str, opened: Callable[[], Log[T]], *, newest: bool = False) -> None:
        self._name = name
        self._opened = opened
        self._items: SimpleQueue[T | None] | Newest[T] = Newest() if newest else SimpleQueue()
        self._thread = Thread(target=self._run, name=f"hyperwatt-log-{name}", daemon=True)
        self._thread.start()

    def hear(self, item: T) -> None:
        """Take something in, soon; never waits and never raises."""
        if self._thread.is_alive():
            self._items.put(item)

    def close(self, patience_s: float = PATIENCE_S) -> None:
        """Let it take in what it was told; one that needs longer than `patience_s` is left."""
        self._items.put(None)
        self._thread.join(patience_s)
        if self._thread.is_alive():
            _log.warning(UNFINISHED, self._name, patience_s)

    def _run(self) -> None:
        try:
            self._tell(self._opened())
        except Exception as error:  # whatever it is, it is no fault of the sweep
            _log.warning(FAILED, self._name, type(error).__name__, error)

    def _tell(self, log: Log[T]) -> None:
        try:
            while (item := self._items.get()) is not None:
                log.hear(item)
        finally:
            log.close()
