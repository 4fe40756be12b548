from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from toys import candidates, evaluate, make_driver, make_plan, sweep

from hyperwatt.orchestrator.events import Event
from hyperwatt.orchestrator.plan import Limits, Plan
from hyperwatt.orchestrator.state import State, Trial
from hyperwatt.orchestrator.virtual_time import VirtualClock, run_in_virtual_time


def replay(plan: Plan, path: Path, epochs: int = 2) -> State:
    clock = VirtualClock()
    driver = make_driver(plan, path, clock=clock)
    try:
        run_in_virtual_time(driver, lambda trial: evaluate(trial, plan, epochs), clock)
    finally:
        driver.close()
    return driver.state


def with_limits(plan: Plan, **changes: float) -> Plan:
    return replace(plan, limits=replace(plan.limits, **changes))


def test_one_at_a_time_it_proposes_what_a_plain_loop_does(tmp_path: Path) -> None:
    plan = make_plan()

    virtual, plain = replay(plan, tmp_path / "v"), sweep(plan, tmp_path / "p")

    assert candidates(virtual) == candidates(plain)


def test_time_passes_as_the_events_say(tmp_path: Path) -> None:
    state = replay(make_plan("random", profile_candidates=0), tmp_path / "j")

    for trial in state.of("train"):
        assert trial.ended_s is not None
        assert trial.dispatched_s is not None
        assert trial.ended_s - trial.dispatched_s == pytest.approx(0.3)  # a probe and two epochs
    assert state.now_s == pytest.approx(0.3 * 12 + 0.1 * len(state.of("confirm")))


def test_three_at_once_take_a_third_of_the_time(tmp_path: Path) -> None:
    alone = make_plan("random", limits=Limits(12, 1e6, 1))

    one = replay(alone, tmp_path / "1")
    three = replay(with_limits(alone, concurrency=3), tmp_path / "3")

    last = [max(t.ended_s or 0.0 for t in state.of("train")) for state in (one, three)]
    assert last[1] == pytest.approx(last[0] / 3)


def test_the_trial_that_is_due_first_is_heard_first(tmp_path: Path) -> None:
    plan = with_limits(make_plan("random"), trials=4, concurrency=2)
    clock = VirtualClock()
    driver = make_driver(plan, tmp_path / "j", clock=clock)
    heard: list[str] = []

    def slow_first(trial: Trial) -> Iterator[Event]:
        for event in evaluate(trial, plan):
            duration_s = getattr(event, "duration_s", None)
            slower = 10.0 if trial.trial_id == "t0001" else 1.0
            heard.append(trial.trial_id)
            yield event if duration_s is None else replace(event, duration_s=duration_s * slower)

    run_in_virtual_time(driver, slow_first, clock)
    driver.close()

    ended = {t.trial_id: t.ended_s or 0.0 for t in driver.state.of("train")}
    assert max(ended, key=lambda trial: ended[trial]) == "t0001"
    assert list(driver.state.trials)[:2] == ["t0001", "t0002"]


def test_a_time_limit_is_kept_in_virtual_seconds(tmp_path: Path) -> None:
    plan = with_limits(make_plan("random"), trials=1000, wall_clock_s=2.0)

    state = replay(plan, tmp_path / "j")

    assert state.ended is not None
    assert state.ended.reason == "time"
    assert len(state.of("train")) == 7
