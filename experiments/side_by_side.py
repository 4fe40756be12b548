"""Carries out tasks side by side, each in a process of its own, whose end ends no other.

Ctrl-C reaches the parent alone, which passes it on once to each child, so that each can end as it
does when it runs by itself; a second Ctrl-C kills them.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from ..constraints.errors import HyperwattError

LOOK_S = 0.3  # between two looks for Ctrl-C; at double, it is felt
GRACE_S = 30.0  # for a child to end by itself when its parent has died


@dataclass(frozen=True)
class Done:
    """The task came to its end."""


@dataclass(frozen=True)
class Stopped:
    """The task was interrupted, or never begun, and can be continued."""


@dataclass(frozen=True)
class Broke:
    """The task raised, or its process was killed; `reason` says how."""

    reason: str


End = Done | Stopped | Broke
Say = Callable[[str], None]
Task = Callable[[Say], bool]  # tells lines; whether it came to its end


@dataclass(eq=False)
class _Child:
    """A process that carries out one task; `ready` once it can be interrupted."""

    name: str
    process: SpawnProcess
    ready: bool = False
    end: End | None = None


@dataclass(eq=False)
class _Interrupts:
    """How often Ctrl-C came, and how often it was passed on."""

    came: int = 0
    passed: int = 0


@dataclass(eq=False)
class _Crew:
    """The children that are at work.

    Attributes:
        log: takes their lines.
        children: by the connection on which they are heard.
        ends: of those that have left, by the names of their tasks.
    """

    log: Callable[[str], object]
    children: dict[Connection, _Child] = field(default_factory=dict)
    ends: dict[str, End] = field(default_factory=dict)

    def start(self, name: str, task: Task) -> None:
        """Give a task to a new child; SIGINT is blocked in it until it is by itself."""
        context = get_context("spawn")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(theirs, task), daemon=False)
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        theirs.close()
        self.children[ours] = _Child(name, process)

    def hear(self, stopping: bool) -> None:
        """What children have to say, for a moment."""
        for connection in wait(list(self.children), LOOK_S):
            assert isinstance(connection, Connection)
            child = self.children[connection]
            try:
                said = connection.recv()
            except (EOFError, OSError):  # it has ended, or was killed while it spoke
                self._leave(connection, stopping)
                continue
            child.ready = True
            if isinstance(said, str):
                self.log(f"{child.name}: {said}")
            elif said is not None:
                child.end = said

    def interrupt(self, again: bool) -> None:
        """Have them end by themselves; at once if asked again, or if they have not begun."""
        for child in self.children.values():
            if again:
                child.process.kill()
            elif child.ready and child.process.pid is not None:
                os.kill(child.process.pid, signal.SIGINT)
            else:
                child.process.terminate()

    def _leave(self, connection: Connection, stopping: bool) -> None:
        child = self.children.pop(connection)
        connection.close()
        child.process.join()
        code = child.process.exitcode or 0
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        lost = Stopped() if stopping else Broke(f"its process ended {how}")
        end = self.ends[child.name] = child.end or lost
        self.log(f"{child.name}: {_word(end)}")


def run_side_by_side(
    tasks: Mapping[str, Task], at_once: int, log: Callable[[str], object]
) -> dict[str, End]:
    """Carry out tasks.

    Args:
        tasks: by their names; each can be pickled, and so can what it holds.
        at_once: how many at a time.
        log: takes the lines that they tell, each with the name of its task.

    Returns:
        How each ended, by its name.
    """
    crew, waiting = _Crew(log), dict(tasks)
    with _counted_interrupts() as interrupts:
        while crew.children or (waiting and not interrupts.came):
            while waiting and len(crew.children) < at_once and not interrupts.came:
                name = next(iter(waiting))
                crew.start(name, waiting.pop(name))
            if interrupts.came > interrupts.passed:
                interrupts.passed = interrupts.came
                log("stopping; Ctrl-C once more does not wait for the runs")
                crew.interrupt(again=interrupts.came > 1)
            crew.hear(bool(interrupts.came))
    return {name: crew.ends.get(name, Stopped()) for name in tasks}


def broke(error: Exception) -> Broke:
    """What an exception says of a task.

    Side effects:
        Prints the traceback of one that is a fault of ours, not of what we were given.
    """
    if isinstance(error, HyperwattError):
        return Broke(str(error))
    traceback.print_exception(error)
    return Broke(f"{type(error).__name__}: {error}")


def _work(connection: Connection, task: Task) -> None:
    """The child's life."""
    os.setsid()  # the terminal's Ctrl-C is the parent's
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # forgets one that came before
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, signal.default_int_handler)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    end: End
    try:
        connection.send(None)  # ready
        end = Done() if task(connection.send) else Stopped()
    except KeyboardInterrupt:
        end = Stopped()
    except Exception as error:
        end = broke(error)
    connection.send(end)


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None  # this is a child
    parent.join()
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(GRACE_S)
    os._exit(1)


def _word(end: End) -> str:
    match end:
        case Done():
            return "done"
        case Stopped():
            return "stopped"
        case Broke(reason):
            return f"failed: {reason}"


@contextmanager
def _counted_interrupts() -> Iterator[_Interrupts]:
    """Ctrl-C is counted instead of raised; in the main thread only, which alone can hear it."""
    interrupts = _Interrupts()
    if threading.current_thread() is not threading.main_thread():
        yield interrupts
        return

    def count(number: int, frame: object) -> None:
        interrupts.came += 1

    before = signal.signal(signal.SIGINT, count)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before)
