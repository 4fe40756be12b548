from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from toys import evaluate, make_driver, make_plan, sweep

from hyperwatt.constraints.objective import Constraint, Objective
from hyperwatt.orchestrator.confirmation import front, ranked, winners
from hyperwatt.orchestrator.driver import dispatch_dict
from hyperwatt.orchestrator.events import Event, Infeasible, Probed
from hyperwatt.orchestrator.outcomes import losses_of
from hyperwatt.orchestrator.pareto import non_dominated
from hyperwatt.orchestrator.plan import Confirmation, Limits, Plan
from hyperwatt.orchestrator.state import State, Trial

BOTH = (Objective("error"), Objective("latency_s"))


def plan_of(*objectives: Objective) -> Plan:
    return make_plan(
        "random",
        objectives=objectives,
        constraints=(Constraint("latency_s", 1.0),),
        confirmation=Confirmation(3, 0),
        limits=Limits(25, 1e6, 1),
    )


def swept(plan: Plan, folder: Path) -> State:
    return sweep(plan, folder / "j.jsonl")


def test_with_one_objective_the_best_is_a_set_of_one_and_heads_the_ranking(tmp_path: Path) -> None:
    plan = plan_of(BOTH[0])
    state = swept(plan, tmp_path)

    errors = [trial.value("error") for trial in ranked(plan, state)]

    assert errors == sorted(errors)
    assert front(plan, state) == ranked(plan, state)[:1]
    assert [named.trial for named in winners(plan, state)] == front(plan, state)


def test_the_front_comes_first_and_all_of_it(tmp_path: Path) -> None:
    plan = plan_of(*BOTH)
    state = swept(plan, tmp_path)

    trials = ranked(plan, state)
    on_front = non_dominated(losses_of(trials, BOTH)).tolist()

    assert sum(on_front) >= 3
    assert on_front == sorted(on_front, reverse=True)
    assert front(plan, state) == trials[: sum(on_front)]


def test_what_is_confirmed_and_named_stands_for_the_front(tmp_path: Path) -> None:
    plan = plan_of(*BOTH)
    state = swept(plan, tmp_path)

    named = [one.trial for one in winners(plan, state)]

    assert named == front(plan, state)[:3]
    again = state.of("confirm")
    assert {trial.proposed.subject for trial in again} == {trial.trial_id for trial in named}


def test_all_few_may_be_named_so_all_are_finalists(tmp_path: Path) -> None:
    plan = plan_of(*BOTH)
    state = swept(plan, tmp_path)
    driver = make_driver(plan, tmp_path / "other.jsonl", start=state)

    finalist = [dispatch_dict(driver, trial)["finalist"] for trial in state.of("confirm")]

    driver.close()
    assert finalist == [True] * 3


def test_a_finalist_that_turns_out_dominated_when_measured_again_is_not_named(
    tmp_path: Path,
) -> None:
    plan = plan_of(*BOTH)

    def later_slow(trial: Trial) -> Iterator[Event]:
        for event in evaluate(trial, plan):
            if trial.purpose == "confirm" and isinstance(event, Probed):
                slow = replace(event.measurements[0], value=0.9)
                event = replace(event, measurements=(slow,))
            yield event

    state = sweep(plan, tmp_path / "j.jsonl", later_slow)

    errors = [t.value("error") for t in front(plan, state)[:3]]
    assert [one.trial.value("error") for one in winners(plan, state)] == [min(errors)]


@pytest.mark.parametrize("objectives", [BOTH[:1], BOTH])
def test_none_is_named_where_none_is_feasible(
    tmp_path: Path, objectives: tuple[Objective, ...]
) -> None:
    plan = plan_of(*objectives)

    state = sweep(
        plan, tmp_path / "j.jsonl", lambda trial: iter([Infeasible(trial.trial_id, "budget", ())])
    )

    assert ranked(plan, state) == front(plan, state) == winners(plan, state) == []


def test_trials_whose_objective_is_not_known_are_on_no_front(tmp_path: Path) -> None:
    plan = plan_of(Objective("accuracy", maximise=True))  # never reported here

    state = swept(plan, tmp_path)

    assert front(plan, state) == []
    ids = [trial.trial_id for trial in ranked(plan, state)]
    assert ids == sorted(ids)
    assert np.isnan(losses_of(ranked(plan, state), plan.objectives)).all()
