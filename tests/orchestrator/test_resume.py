"""A sweep that was killed anywhere goes on as the uninterrupted one would have."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from toys import Ticks, candidates, evaluate, make_driver, make_plan, sweep

from hyperwatt.orchestrator.driver import Driver, dispatch_dict
from hyperwatt.orchestrator.early_stopping import ChanceLevel, SuccessiveHalving
from hyperwatt.orchestrator.events import (
    Dispatched,
    Event,
    Infeasible,
    Interrupted,
    Probed,
    Proposed,
    Reported,
)
from hyperwatt.orchestrator.journal import read_journal
from hyperwatt.orchestrator.plan import Confirmation, Limits, Plan
from hyperwatt.orchestrator.search import Search
from hyperwatt.orchestrator.serial import run_serially
from hyperwatt.orchestrator.state import State, Trial, advance

RULES = (ChanceLevel(0.9, 1), SuccessiveHalving("error", 1, 2, 4))
PLAN = make_plan(
    "hw-random",
    limits=Limits(6, 1e6, 1),
    profile_candidates=6,
    confirmation=Confirmation(1, 2),
    rules=RULES,
)


def outcome(state: State) -> list[object]:
    """What must not depend on interruptions."""
    return [
        (t.trial_id, t.purpose, t.candidate.key, t.proposed.seed, type(t.end).__name__, t.reports)
        for t in state.trials.values()
    ]


def whole(path: Path, plan: Plan = PLAN) -> State:
    return sweep(plan, path, lambda trial: evaluate(trial, plan, epochs=4))


@pytest.mark.slow
def test_killed_at_any_write_it_ends_as_the_uninterrupted_one(tmp_path: Path) -> None:
    expected = outcome(whole(tmp_path / "whole.jsonl"))
    lines = (tmp_path / "whole.jsonl").read_bytes().splitlines(keepends=True)
    assert len(lines) > 40

    for kept in range(len(lines) + 1):
        path = tmp_path / f"killed-after-{kept}.jsonl"
        half_a_line = lines[kept][: len(lines[kept]) // 2] if kept < len(lines) else b""
        path.write_bytes(b"".join(lines[:kept]) + half_a_line)

        assert outcome(whole(path)) == expected, f"killed after line {kept}"


@pytest.mark.slow
def test_a_resumed_bayesian_sweep_proposes_the_same_sequence(tmp_path: Path) -> None:
    plan = make_plan("hw-cwei", limits=Limits(9, 1e6, 1))
    expected = candidates(whole(tmp_path / "whole.jsonl", plan))
    lines = (tmp_path / "whole.jsonl").read_bytes().splitlines(keepends=True)

    for share in (0.5, 0.75, 0.9):
        path = tmp_path / f"killed-{share}.jsonl"
        path.write_bytes(b"".join(lines[: int(share * len(lines))]))

        assert candidates(whole(path, plan)) == expected


def test_every_proposal_follows_from_the_snapshot_it_names(tmp_path: Path) -> None:
    whole(tmp_path / "j.jsonl")
    entries, _ = read_journal(tmp_path / "j.jsonl")
    search, snapshots, state = Search(PLAN), {0: State()}, State()
    for entry in entries:
        state = advance(state, entry.event, entry.now_s)
        snapshots[state.events] = state

    trainings = [
        e.event for e in entries if isinstance(e.event, Proposed) and e.event.purpose == "train"
    ]
    for proposed in trainings:
        snapshot = snapshots[proposed.after_event]
        assert search.think(snapshot, snapshot.now_s)[-1] == proposed


def test_a_running_trial_is_interrupted_and_dispatched_again_from_its_last_report(
    tmp_path: Path,
) -> None:
    path = tmp_path / "j.jsonl"
    driver = make_driver(make_plan("random", rules=()), path)
    trial = driver.next_dispatch()
    assert isinstance(trial, Trial)
    events = evaluate(trial, driver.search.plan, epochs=4)
    driver.tell(next(events))
    driver.tell(next(events))
    driver.close()

    again = make_driver(make_plan("random", rules=()), path)
    dispatched = again.next_dispatch()
    again.close()

    assert isinstance(dispatched, Trial)
    assert dispatched.trial_id == trial.trial_id
    assert dispatched.reports[-1].epoch == 1
    kinds = [type(e.event) for e in read_journal(path)[0]]
    assert kinds[-2:] == [Interrupted, Dispatched]


def test_events_that_arrive_twice_or_after_the_end_change_nothing(tmp_path: Path) -> None:
    plan = make_plan("random", rules=())

    def twice(trial: Trial) -> Iterator[Event]:
        for event in evaluate(trial, plan):
            yield event
            yield event

    once = whole(tmp_path / "once.jsonl", plan)
    driver = make_driver(plan, tmp_path / "twice.jsonl")
    run_serially(driver, twice)
    driver.close()

    assert candidates(driver.state) == candidates(once)
    assert len(driver.state.costs.rows) == len(once.costs.rows)


def test_running_time_leaves_interruptions_out(tmp_path: Path) -> None:
    clock = Ticks()
    driver = make_driver(PLAN, tmp_path / "j.jsonl", clock=clock)
    driver.next_dispatch()
    clock.now_s = 5.0
    driver.tell(*[])
    driver.tell(next(evaluate(driver.state.running[0], PLAN)))
    driver.close()

    clock.now_s = 1e6
    later = make_driver(PLAN, tmp_path / "j.jsonl", clock=clock)
    later.close()

    assert later.now_s == pytest.approx(5.0)


def test_thinking_ahead_changes_when_and_not_what_is_known(tmp_path: Path) -> None:
    driver = Driver.open(Search(PLAN), tmp_path / "j.jsonl", ahead=True)

    run_serially(driver, lambda trial: evaluate(trial, PLAN, epochs=4))
    driver.close()

    entries, _ = read_journal(tmp_path / "j.jsonl")
    state, snapshots = State(), {}
    for entry in entries:
        state = advance(state, entry.event, entry.now_s)
        snapshots[state.events] = state
    search = Search(PLAN)
    for trial in state.of("train"):
        snapshot = snapshots[trial.proposed.after_event]
        assert search.think(snapshot, snapshot.now_s)[-1] == trial.proposed


def test_a_trial_let_go_on_before_is_not_stopped_by_what_came_later(tmp_path: Path) -> None:
    rules = (SuccessiveHalving("error", 1, 2, 9),)
    plan = make_plan("random", limits=Limits(4, 1e6, 2), rules=rules)
    driver = make_driver(plan, tmp_path / "j.jsonl")
    trials = [driver.next_dispatch() for _ in range(2)]
    for trial, error in zip(trials, (0.5, 0.2), strict=True):
        assert isinstance(trial, Trial)
        driver.tell(Reported(trial.trial_id, 1, {"error": error}, "c", 1.0))
    driver.close()

    again = make_driver(plan, tmp_path / "j.jsonl")
    again.close()

    assert [trial.end for trial in again.state.trials.values()] == [None, None]


def test_a_trial_that_passed_its_probe_is_not_judged_again(tmp_path: Path) -> None:
    driver = make_driver(make_plan("hw-random", profile_candidates=0), tmp_path / "j.jsonl")
    trial = driver.next_dispatch()
    assert isinstance(trial, Trial)
    assert dispatch_dict(driver, trial)["bounds"]
    driver.tell(next(evaluate(trial, driver.search.plan)))
    driver.close()

    again = make_driver(make_plan("hw-random", profile_candidates=0), tmp_path / "j.jsonl")
    trial = again.next_dispatch()
    again.close()

    assert isinstance(trial, Trial)
    assert dispatch_dict(again, trial)["bounds"] == {}


def test_costs_of_another_device_teach_nothing_and_the_run_opens_again(tmp_path: Path) -> None:
    def elsewhere(trial: Trial) -> Iterator[Event]:
        for event in evaluate(trial, PLAN, epochs=4):
            if isinstance(event, Probed) and trial.trial_id == "t0003":
                moved = replace(event.measurements[0], device="another")
                event = replace(event, measurements=(moved,))
            yield event

    state = sweep(PLAN, tmp_path / "j.jsonl", elsewhere)

    again = make_driver(PLAN, tmp_path / "j.jsonl")
    again.close()
    assert {m.device for row in state.costs.rows for m in row.costs.values()} == {"toy"}
    assert len(again.state.costs.rows) == len(state.costs.rows)


def test_a_breach_found_before_the_driver_died_ends_the_trial_untrained(tmp_path: Path) -> None:
    plan = make_plan("hw-random", profile_candidates=0)
    driver = make_driver(plan, tmp_path / "j.jsonl")
    trial = driver.next_dispatch()
    assert isinstance(trial, Trial)
    probed = next(event for event in evaluate(trial, plan) if isinstance(event, Probed))
    driver.tell(replace(probed, broken=("latency_s",)))
    driver.close()

    again = make_driver(plan, tmp_path / "j.jsonl")
    again.close()

    assert again.state.trials[trial.trial_id].end == Infeasible(
        trial.trial_id, "budget", ("latency_s",)
    )
