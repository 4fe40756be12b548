"""Processes of their own: their ends are told, and none takes another down."""

import os
import signal
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from hyperwatt.constraints.errors import RunError
from hyperwatt.experiments.side_by_side import Broke, Done, Say, Stopped, run_side_by_side

pytestmark = pytest.mark.slow


def says_and_ends(say: Say) -> bool:
    say("hello")
    return True


def stops_itself(say: Say) -> bool:
    return False


def is_refused(say: Say) -> bool:
    raise RunError("the folder is taken")


def is_killed(say: Say) -> bool:
    os.kill(os.getpid(), signal.SIGKILL)
    return True


def waits(place: str, say: Say) -> bool:
    say("waiting")
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        Path(place).write_text("ended by itself")
        raise
    return True


def test_each_task_has_its_own_end() -> None:
    log: list[str] = []
    tasks = {task.__name__: task for task in (says_and_ends, stops_itself, is_refused, is_killed)}

    ends = run_side_by_side(tasks, 2, log.append)

    assert ends == {
        "says_and_ends": Done(),
        "stops_itself": Stopped(),
        "is_refused": Broke("the folder is taken"),
        "is_killed": Broke("its process ended by signal 9"),
    }
    assert "says_and_ends: hello" in log
    assert "is_killed: failed: its process ended by signal 9" in log


def test_ctrl_c_is_passed_on_and_what_has_not_begun_is_left(tmp_path: Path) -> None:
    log: list[str] = []
    tasks = {name: partial(waits, str(tmp_path / name)) for name in ("first", "second", "third")}

    def interrupt_once_both_wait() -> None:
        while len(log) < 2:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt_once_both_wait, daemon=True).start()
    ends = run_side_by_side(tasks, 2, log.append)

    assert set(ends.values()) == {Stopped()}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first", "second"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_nothing_to_do_is_done() -> None:
    assert run_side_by_side({}, 2, print) == {}
