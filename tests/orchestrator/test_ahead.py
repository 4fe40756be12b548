"""Suggestions are computed off the caller's loop."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from threading import Event as Flag
from threading import Timer

import pytest

from hyperwatt.orchestrator.ahead import Background
from hyperwatt.orchestrator.events import Dispatched, Ended, Event
from hyperwatt.orchestrator.state import State


class Slow:
    """Computes only when it is let."""

    def __init__(self) -> None:
        self.may_finish, self.calls = Flag(), 0

    def __call__(self, state: State) -> Sequence[Event]:
        self.calls += 1
        assert self.may_finish.wait(10)
        return [Dispatched(f"made from {state.lessons}")]


@pytest.fixture
def slow() -> Iterator[tuple[Slow, Background]]:
    compute = Slow()
    ahead = Background(compute)
    yield compute, ahead
    compute.may_finish.set()
    ahead.close()


def lessons(count: int) -> State:
    return replace(State(), lessons=count)


def source(events: Sequence[Event] | None) -> str:
    assert events is not None
    return events[0].trial_id  # type: ignore[union-attr]


def test_whoever_asks_too_early_gets_nothing_and_does_not_wait(
    slow: tuple[Slow, Background],
) -> None:
    compute, ahead = slow

    assert ahead.take(lessons(0), wait=False) is None
    assert ahead.take(lessons(0), wait=False) is None
    assert compute.calls <= 1


def test_a_newer_suggestion_is_preferred_and_the_older_one_fills_in(
    slow: tuple[Slow, Background],
) -> None:
    compute, ahead = slow
    compute.may_finish.set()
    ahead.prepare(lessons(1))
    ahead._wait_until_fresh(lessons(1), None)
    compute.may_finish.clear()
    ahead.prepare(lessons(2))

    assert source(ahead.take(lessons(2), wait=False)) == "made from 1"


def test_with_nothing_else_to_do_it_waits_for_the_newest(slow: tuple[Slow, Background]) -> None:
    compute, ahead = slow
    ahead.prepare(lessons(1))
    compute.may_finish.set()

    assert source(ahead.take(lessons(2), wait=True)) == "made from 2"


def test_one_suggestion_is_handed_over_once(slow: tuple[Slow, Background]) -> None:
    compute, ahead = slow
    compute.may_finish.set()

    ahead.take(lessons(1), wait=True)
    again = ahead.take(lessons(1), wait=True)

    assert source(again) == "made from 1"
    assert compute.calls == 2


def test_nothing_is_computed_twice_from_the_same_knowledge(slow: tuple[Slow, Background]) -> None:
    compute, ahead = slow
    compute.may_finish.set()
    ahead.prepare(lessons(1))
    ahead._wait_until_fresh(lessons(1), None)

    ahead.prepare(lessons(1))

    assert compute.calls == 1


def test_an_older_end_is_never_handed_over() -> None:
    let_go = Flag()
    let_go.set()

    def end(state: State) -> Sequence[Event]:
        assert let_go.wait(10)
        return [Ended("nothing feasible", str(state.lessons))]

    ahead = Background(end)
    ahead.prepare(lessons(1))
    ahead._wait_until_fresh(lessons(1), None)
    let_go.clear()

    assert ahead.take(lessons(2), wait=False) is None
    let_go.set()
    ahead.close()


def test_a_fault_of_the_computation_is_raised_when_asked_and_not_before() -> None:
    def broken(state: State) -> Sequence[Event]:
        raise RuntimeError("singular")

    ahead = Background(broken)
    for count in range(3):
        ahead.prepare(lessons(count))

    with pytest.raises(RuntimeError, match="singular"):
        ahead.take(lessons(2), wait=True)
    ahead.close()


@pytest.fixture
def impatient() -> Iterator[tuple[Slow, Background]]:
    compute = Slow()
    ahead = Background(compute, lambda state: [Dispatched("stopgap")], patience_s=0.0)
    yield compute, ahead
    compute.may_finish.set()
    ahead.close()


@pytest.mark.parametrize("wait", [False, True])
def test_when_patience_is_over_a_stopgap_is_handed_over(
    impatient: tuple[Slow, Background], wait: bool
) -> None:
    _, ahead = impatient

    assert source(ahead.take(lessons(1), wait=wait)) == "stopgap"


def test_what_was_computed_for_the_trial_of_a_stopgap_is_not_used(
    impatient: tuple[Slow, Background],
) -> None:
    compute, ahead = impatient
    ahead.take(lessons(1), wait=True)
    compute.may_finish.set()
    ahead.prepare(lessons(2))
    ahead._wait_until_fresh(lessons(2), None)

    assert source(ahead.take(lessons(2), wait=True)) == "made from 2"


def test_without_a_stopgap_there_is_no_end_to_patience() -> None:
    compute = Slow()
    ahead = Background(compute, patience_s=0.0)
    Timer(0.05, compute.may_finish.set).start()

    assert source(ahead.take(lessons(1), wait=True)) == "made from 1"
    ahead.close()
