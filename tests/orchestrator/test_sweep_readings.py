from pathlib import Path

import pytest
from toys import make_driver, make_plan, sweep

from hyperwatt.constraints.objective import Objective
from hyperwatt.orchestrator.confirmation import ranked
from hyperwatt.orchestrator.state import State
from hyperwatt.orchestrator.sweep_readings import readings


def by_name(plan: object, state: State, name: str) -> dict[tuple[str, ...], float]:
    found = readings(plan, state)  # type: ignore[arg-type]
    return {tuple(r.tags.values()): r.value for r in found if r.name == f"hyperwatt_{name}"}


@pytest.mark.parametrize("strategy", ["hw-ieci", "random"])
def test_counters_agree_with_the_state(strategy: str, tmp_path: Path) -> None:
    plan = make_plan(strategy)
    state = sweep(plan, tmp_path / "j.jsonl")

    ends = by_name(plan, state, "trials_total")
    rejected = by_name(plan, state, "rejections_total")

    assert sum(ends.values()) == sum(trial.end is not None for trial in state.trials.values())
    trained = sum(count for (purpose, _), count in ends.items() if purpose == "train")
    assert trained == len(state.of("train"))
    choices = [r for r in state.rejections if not r.withdrawn]
    assert rejected == ({("latency_s",): len(choices)} if choices else {})


def test_the_best_is_the_best_feasible_one(tmp_path: Path) -> None:
    plan = make_plan("random")
    state = sweep(plan, tmp_path / "j.jsonl")

    best = by_name(plan, state, "best_feasible_error")

    assert best == {(): ranked(plan, state)[0].value("error")}
    assert by_name(plan, state, "trainings_running") == {(): 0}


def test_of_several_objectives_each_has_its_best(tmp_path: Path) -> None:
    objectives = (Objective("error"), Objective("latency_s", maximise=True))
    plan = make_plan("random", objectives=objectives)
    state = sweep(plan, tmp_path / "j.jsonl")
    feasible = ranked(plan, state)

    least = by_name(plan, state, "best_feasible_error")
    most = by_name(plan, state, "best_feasible_latency_s")

    assert least == {(): min(trial.value("error") or 1.0 for trial in feasible)}
    assert most == {(): max(trial.costs["latency_s"].value for trial in feasible)}


def test_nothing_is_said_of_what_is_not_known(tmp_path: Path) -> None:
    plan = make_plan("random")
    driver = make_driver(plan, tmp_path / "j.jsonl")
    driver.next_dispatch()
    driver.close()

    names = {reading.name for reading in readings(plan, driver.state)}

    assert names == {"hyperwatt_trainings_running", "hyperwatt_running_time_s"}
    assert by_name(plan, driver.state, "trainings_running") == {(): 1}
