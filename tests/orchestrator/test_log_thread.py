import logging
from collections.abc import Callable
from threading import Event

import pytest

from hyperwatt.orchestrator.log_thread import LogThread


class Recorder:
    """Keeps what it hears; fails at an item, or waits there until it is let go."""

    def __init__(self, fails_at: str = "", waits_at: str = "") -> None:
        self.heard: list[str] = []
        self.closed = 0
        self.arrived, self.go_on = Event(), Event()
        self._fails_at, self._waits_at = fails_at, waits_at

    def hear(self, item: str) -> None:
        if item == self._fails_at:
            raise ConnectionError("no route")
        if item == self._waits_at:
            self.arrived.set()
            self.go_on.wait(30)
        self.heard.append(item)

    def close(self) -> None:
        self.closed += 1


def opened(recorder: Recorder) -> Callable[[], Recorder]:
    return lambda: recorder


def test_it_hears_all_in_order_and_is_closed_once() -> None:
    recorder = Recorder()
    thread = LogThread("a", opened(recorder))

    for item in "abc":
        thread.hear(item)
    thread.close()

    assert recorder.heard == ["a", "b", "c"]
    assert recorder.closed == 1


def test_one_that_is_behind_is_told_the_newest_only_and_always_the_last() -> None:
    recorder, begun = Recorder(waits_at="a"), Event()

    def made() -> Recorder:
        begun.wait(30)
        return recorder

    thread = LogThread("a", made, newest=True)
    for item in "xya":  # while it opens
        thread.hear(item)
    begun.set()
    assert recorder.arrived.wait(30)
    for item in "bcd":  # while it takes in the one before
        thread.hear(item)
    recorder.go_on.set()
    thread.close()

    assert recorder.heard == ["a", "d"]
    assert recorder.closed == 1


def test_one_that_fails_is_said_once_and_told_no_more(caplog: pytest.LogCaptureFixture) -> None:
    recorder = Recorder(fails_at="b")
    thread = LogThread("mlflow", opened(recorder))

    with caplog.at_level(logging.WARNING):
        for item in "abcb":
            thread.hear(item)
        thread.close()
        thread.hear("d")

    assert recorder.heard == ["a"]
    assert recorder.closed == 1
    (said,) = caplog.messages
    assert said.startswith("the log 'mlflow' failed and is told no more; the sweep goes on")
    assert said.endswith("ConnectionError: no route")


def test_one_that_cannot_be_opened_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    def failing() -> Recorder:
        raise ValueError("no key")

    thread = LogThread("wandb", failing)
    thread.hear("a")
    thread.close()

    assert [message for message in caplog.messages if "no key" in message] == caplog.messages
    assert len(caplog.messages) == 1


def test_a_slow_one_holds_up_nobody(caplog: pytest.LogCaptureFixture) -> None:
    recorder = Recorder(waits_at="a")
    thread = LogThread("slow", opened(recorder))

    for item in "ab":
        thread.hear(item)
    thread.close(patience_s=0.05)

    assert recorder.heard == []
    assert caplog.messages == [
        "the log 'slow' is not complete: it had not taken in the end of the sweep after 0.05 s"
    ]
    recorder.go_on.set()
