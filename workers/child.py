"""A process for each trial, so that its worker survives it.

Whatever a candidate does to its process (the kernel's memory killer, a poisoned CUDA context, a
crash in native code, a hang), the worker lives on and says what happened. Processes are forked from
a server that has imported torch already, so that starting one takes a few hundredths of a second.

A child works at most one message ahead of the last one taken: a trial that nobody listens to any
more soon stands still, and it holds no lock of a device meanwhile.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, get_context, parent_process
from multiprocessing.connection import Connection, Pipe, wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from types import ModuleType
from typing import Any

from .data import modules_of
from .faults import end_of, ran_out_of_memory
from .messages import Message, failed, is_end
from .out_of_memory import killed_so_far

# torch imports `torch._dynamo` (for seconds) at an optimiser's first step.
PRELOAD = ("hyperwatt.workers.workload", "torch._dynamo")
AHEAD = 1  # messages not yet taken; at double, a stopped trial trains two epochs for nobody
STOP_S = 5.0  # for a killed process to be gone; a longer wait means it hangs in the kernel


class Child:
    """A process that works on one trial."""

    def __init__(
        self, process: ForkServerProcess, connection: Connection, bounded: Collection[str] = ()
    ) -> None:
        self._process = process
        self._connection = connection
        self._bounded = bounded
        self._killed_before = killed_so_far()

    @classmethod
    def start(cls, workload: Mapping[str, Any], dispatch: Mapping[str, Any]) -> Child:
        """Start to work on a trial.

        Args:
            workload: plain dict, as `load_workload` takes it.
            dispatch: plain dict, as `Workload.run` takes it.

        Side effects:
            Starts a process; the first time, also the server that forks it.
        """
        context = get_context("forkserver")
        context.set_forkserver_preload([*PRELOAD, *modules_of(workload.get("task", {}))])
        with _environment(workload.get("threads", 1)):
            forkserver.ensure_running()
        ours, theirs = Pipe()
        arguments = (theirs, dict(workload), dict(dispatch))
        process = context.Process(target=_work, args=arguments, daemon=True)
        with _without_main():
            process.start()
        theirs.close()
        return cls(process, ours, dispatch.get("bounded", ()))

    @property
    def pid(self) -> int:
        """Of the process."""
        assert self._process.pid is not None  # it was started
        return self._process.pid

    def next_message(self, timeout_s: float) -> Message:
        """Wait for what the trial says next; a dead or silent process is an end too.

        Args:
            timeout_s: silence after which it counts as hanging, and is killed.
        """
        ready = wait([self._connection, self._process.sentinel], timeout_s)
        if not ready:
            self.stop()
            return failed("hang", f"nothing was heard of the trial for {timeout_s:g} s")
        try:
            message: Message = json.loads(self._connection.recv_bytes())
        except (EOFError, OSError):
            return self._how_it_died()
        if not is_end(message):
            self._let_it_go_on()
        return message

    def stop(self) -> None:
        """End the process at once, if it is still there."""
        if self._process.is_alive():
            self._process.kill()
        self._process.join(STOP_S)
        self._connection.close()

    def _let_it_go_on(self) -> None:
        with suppress(OSError):  # it died since; the next call tells how
            self._connection.send_bytes(b"taken")

    def _how_it_died(self) -> Message:
        self._process.join(STOP_S)
        code = self._process.exitcode
        if code is None or code >= 0:
            says = f"the trial's process ended with exit code {code} without a word"
            return failed("killed", says)
        name = signal.Signals(-code).name
        if name == "SIGKILL" and self._memory_killer_struck():
            says = "the kernel ended the trial's process because memory ran out"
            return ran_out_of_memory(says, self._bounded)
        return failed("killed", f"the trial's process was ended by {name}")

    def _memory_killer_struck(self) -> bool:
        now = killed_so_far()
        return now is not None and now > (self._killed_before or 0)


@contextmanager
def _environment(threads: int) -> Iterator[None]:
    """What must stand in the environment before torch is imported, for the server to inherit."""
    values = {name: str(threads) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")}
    values["KINETO_LOG_LEVEL"] = "99"  # torch's profiler is silent
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@contextmanager
def _without_main() -> Iterator[None]:
    """Keep a child from importing `__main__` anew, which in a Ray actor is Ray (0.7 s a child).

    Nothing of `__main__` crosses to a child. CPython up to 3.13 ignores it in the server's preload
    list, so importing it once there is no way out.
    """
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _work(connection: Connection, workload: dict[str, Any], dispatch: dict[str, Any]) -> None:
    """The child's life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the driver to handle
    with suppress(OSError):  # when memory runs out, this process is to die, and no other
        Path("/proc/self/oom_score_adj").write_text("1000")
    threading.Thread(target=_end_with_parent, daemon=True).start()
    unread = 0
    for message in _messages(workload, dispatch):
        if unread == AHEAD:
            connection.recv_bytes()
            unread -= 1
        connection.send_bytes(json.dumps(message, allow_nan=False).encode())
        unread += 1
    connection.close()


def _messages(workload: dict[str, Any], dispatch: dict[str, Any]) -> Iterator[Message]:
    """A workload's messages up to its end, or the end that its exception is."""
    from .workload import load_workload

    try:
        for message in load_workload(workload).run(dispatch):
            json.dumps(message, allow_nan=False)
            yield message
            if is_end(message):
                return
    except Exception as error:  # becomes the trial's end, with its traceback
        yield end_of(error, dispatch.get("bounded", ()))
    else:
        yield failed("exception", "the workload stopped without saying how the trial ended")


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None  # this is a child
    parent.join()
    os._exit(1)
