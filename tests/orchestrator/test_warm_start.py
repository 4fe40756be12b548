"""Candidates that are tried before all others, and trainings known before."""

from dataclasses import replace
from pathlib import Path

from toys import evaluate, make_driver, make_plan, sweep

from hyperwatt.constraints.candidate import Candidate
from hyperwatt.constraints.gate import OpenGate
from hyperwatt.orchestrator.confirmation import ranked
from hyperwatt.orchestrator.history import history_of
from hyperwatt.orchestrator.plan import Plan
from hyperwatt.orchestrator.serial import run_serially
from hyperwatt.orchestrator.state import State, Trial
from hyperwatt.orchestrator.warm_start import next_first

POINT = Candidate({"layers": 1, "units": 33, "rate": 0.01, "act": "gelu"})


def earlier(plan: Plan, folder: Path, name: str) -> tuple[Trial, ...]:
    """What a run under another name has trained."""
    done = sweep(plan, folder / f"{name}.jsonl").of("train")
    return tuple(replace(t, proposed=replace(t.proposed, trial_id=f"{name}/{t.trial_id}"))
                 for t in done)  # fmt: skip


def test_the_best_of_each_earlier_run_comes_after_the_points_and_each_once(tmp_path: Path) -> None:
    plan = make_plan("hw-random", points=(POINT,))
    before = (*earlier(replace(plan, seed=1, points=()), tmp_path, "a"),
              *earlier(replace(plan, seed=2, points=()), tmp_path, "b"))  # fmt: skip
    driver = make_driver(plan, tmp_path / "c.jsonl", start=State(before=before))
    run_serially(driver, lambda trial: evaluate(trial, plan))
    driver.close()
    bests = [
        ranked(plan, State(trials={t.trial_id: t for t in before if t.trial_id[0] == run}))[0]
        for run in "ab"
    ]

    tried = [t.candidate for t in driver.state.of("train")]

    assert tried[:3] == [POINT, bests[0].candidate, bests[1].candidate]
    assert len(set(tried)) == len(tried) == plan.limits.trials
    assert next_first(plan, driver.state, OpenGate()) is None


def test_trainings_known_before_teach_and_count_as_no_trial(tmp_path: Path) -> None:
    plan = make_plan("random")
    before = earlier(plan, tmp_path, "a")
    state = State(before=before)

    history = history_of(state, plan.space, plan.objectives, plan.constraints)

    assert len(history.losses) == len(before) == plan.limits.trials
    assert not state.of("train")
    assert ranked(plan, state) == []


def test_a_point_that_was_the_best_before_is_tried_once(tmp_path: Path) -> None:
    plan = make_plan("hw-random")
    before = earlier(plan, tmp_path, "a")
    best = ranked(plan, State(trials={t.trial_id: t for t in before}))[0]
    again = replace(plan, points=(best.candidate,))
    driver = make_driver(again, tmp_path / "b.jsonl", start=State(before=before))
    run_serially(driver, lambda trial: evaluate(trial, again))
    driver.close()

    tried = [t.candidate for t in driver.state.of("train")]

    assert tried[0] == best.candidate
    assert tried.count(best.candidate) == 1
