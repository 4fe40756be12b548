from pathlib import Path

import pytest
from toys import make_driver, make_plan, sweep

from hyperwatt.orchestrator.events import (
    Completed,
    Dispatched,
    Failed,
    Infeasible,
    Interrupted,
    Probed,
    Reported,
)
from hyperwatt.orchestrator.plan import Limits, Plan
from hyperwatt.orchestrator.state import State, advance
from hyperwatt.orchestrator.trial_news import Begun, News, Over, Told, news


@pytest.fixture
def plan() -> Plan:
    return make_plan("random", limits=Limits(3, 1e6, 1))


@pytest.fixture
def waiting(plan: Plan, tmp_path: Path) -> State:
    """A training is proposed."""
    driver = make_driver(plan, tmp_path / "j.jsonl")
    driver.tell(*driver.search.think(driver.state, 0.0))
    driver.close()
    return driver.state


def after(state: State, *events: object) -> State:
    for event in events:
        state = advance(state, event, 1.0)  # type: ignore[arg-type]
    return state


def told(plan: Plan, before: State, state: State) -> list[News]:
    return list(news(plan, before.trials, state))


def probed(latency_s: float = 0.01) -> Probed:
    from hyperwatt.constraints.measurement import Measurement

    measured = Measurement("latency_s", latency_s, 0.0, 9, "exact", "toy")
    return Probed("t0001", (measured,), (), False, 1, 0.1)


def reported(epoch: int, error: float = 0.5, spent_j: float | None = None) -> Reported:
    return Reported("t0001", epoch, {"error": error}, "x.pt", 2.0, spent_j)


def test_a_training_is_told_step_by_step_with_its_costs(plan: Plan, waiting: State) -> None:
    steps = [Dispatched("t0001"), probed(), reported(1, spent_j=3.0), Completed("t0001")]
    heard, state = [], waiting
    for step in steps:
        later = after(state, step)
        heard += told(plan, state, later)
        state = later

    cost = {"latency_s": 0.01, "feasible": 1.0}
    assert heard == [
        Begun("t0001", state.trials["t0001"].candidate),
        Told("t0001", 0, cost),
        Told("t0001", 1, {**cost, "error": 0.5, "duration_s": 2.0, "spent_j": 3.0}),
        Over("t0001", failed=False),
    ]


def test_what_is_told_together_is_the_same_as_what_is_told_step_by_step(
    plan: Plan, waiting: State
) -> None:
    state = after(waiting, Dispatched("t0001"), probed(), reported(1), Failed("t0001", "x", "y"))

    kinds = [type(item) for item in told(plan, waiting, state)]

    assert kinds == [Begun, Told, Told, Over]
    assert told(plan, waiting, state)[-1] == Over("t0001", failed=True)
    assert told(plan, state, state) == []


def test_a_breach_of_the_budget_is_no_failure_but_not_feasible(plan: Plan, waiting: State) -> None:
    end = Infeasible("t0001", "budget", ("latency_s",))

    state = after(waiting, Dispatched("t0001"), probed(0.09), end)

    cost, over = told(plan, waiting, state)[1:]
    assert isinstance(cost, Told)
    assert cost.values == {"latency_s": 0.09, "feasible": 0.0}
    assert over == Over("t0001", failed=False)


def test_an_interrupted_training_is_told_anew_and_whole(plan: Plan, waiting: State) -> None:
    lost = after(waiting, Dispatched("t0001"), probed(), reported(1), Interrupted("t0001"))

    again = after(lost, Dispatched("t0001"), reported(2, 0.4))

    items = told(plan, lost, again)
    assert isinstance(items[0], Begun)
    assert [item.epoch for item in items if isinstance(item, Told)] == [0, 1, 2]


def test_only_trainings_are_told_and_each_ends_once(tmp_path: Path) -> None:
    plan, heard, last = make_plan("hw-random"), [], State()

    def listener(state: State) -> None:
        nonlocal last
        heard.extend(news(plan, last.trials, state))
        last = state

    state = sweep(plan, tmp_path / "j.jsonl", listener=listener)

    trained = sorted(trial.trial_id for trial in state.of("train"))
    assert sorted(item.trial_id for item in heard if isinstance(item, Begun)) == trained
    assert sorted(item.trial_id for item in heard if isinstance(item, Over)) == trained
    for trial in state.of("train"):
        mine = [i for i in heard if isinstance(i, Told) and i.trial_id == trial.trial_id]
        assert [i.epoch for i in mine] == [0, *(report.epoch for report in trial.reports)]
