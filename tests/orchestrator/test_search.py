from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from toys import Ticks, evaluate, make_plan, models_of, sweep, true_latency_s

from hyperwatt.constraints.domains import Choice, Float, Int
from hyperwatt.constraints.objective import Constraint, Objective
from hyperwatt.constraints.space import Parameter, Space
from hyperwatt.orchestrator.confirmation import confirmed, winners
from hyperwatt.orchestrator.events import Completed, Event, Failed, Infeasible, Stopped
from hyperwatt.orchestrator.plan import Limits, Plan
from hyperwatt.orchestrator.state import State, Trial
from hyperwatt.orchestrator.strategies.registry import STRATEGIES


def run(plan: Plan, path: Path) -> State:
    return sweep(plan, path / "journal.jsonl")


@pytest.fixture(scope="module")
def state_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], State]:
    """One sweep a strategy, shared by the laws that it must keep."""

    @cache
    def finished(strategy: str) -> State:
        return run(make_plan(strategy), tmp_path_factory.mktemp(strategy))

    return finished


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_runs_to_its_limit(strategy: str, state_of: Callable[[str], State]) -> None:
    state = state_of(strategy)

    assert len(state.of("train")) == 12
    assert state.ended is not None
    assert state.ended.reason == "trials"
    assert all(trial.end is not None for trial in state.trials.values())


@pytest.mark.parametrize(
    "strategy", [n for n, s in STRATEGIES.items() if s.aware and not s.careful]
)
def test_an_aware_strategy_never_dispatches_a_predicted_violation(
    strategy: str, state_of: Callable[[str], State]
) -> None:
    state = state_of(strategy)

    for trial in state.of("train"):
        assert trial.verdict.admitted
        assert trial.verdict.costs["latency_s"] <= 0.06


@pytest.mark.parametrize("strategy", [n for n, s in STRATEGIES.items() if not s.aware])
def test_a_vanilla_strategy_trains_what_breaks_the_budget_and_profiles_nothing(
    strategy: str, state_of: Callable[[str], State]
) -> None:
    state = state_of(strategy)

    over = [t for t in state.of("train") if true_latency_s(t.candidate) > 0.06]
    assert over
    assert all(trial.reports for trial in over)
    assert not state.of("profile")
    assert not state.rejections


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_no_candidate_is_trained_twice(strategy: str, state_of: Callable[[str], State]) -> None:
    state = state_of(strategy)

    keys = [trial.candidate.key for trial in state.of("train")]
    assert len(set(keys)) == len(keys)


@pytest.mark.slow
def test_the_same_seed_proposes_the_same_sequence_and_another_does_not(tmp_path: Path) -> None:
    plan = make_plan("hw-ieci")
    runs = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        (tmp_path / name).mkdir()
        state = run(replace(plan, seed=seed), tmp_path / name)
        runs.append([trial.candidate.key for trial in state.trials.values()])

    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_the_ledger_holds_one_entry_a_step_and_only_predicted_violations(
    state_of: Callable[[str], State],
) -> None:
    state = state_of("hw-random")

    assert 0 < len(state.rejections) <= 12
    for rejected in state.rejections:
        assert rejected.verdict.broken == ("latency_s",)
        assert rejected.verdict.costs["latency_s"] > rejected.bounds["latency_s"] == 0.06
        assert 1 <= rejected.refused < rejected.pool


@pytest.mark.slow
def test_bayesian_optimisation_beats_random_search_on_the_toy(tmp_path: Path) -> None:
    # 5 seeds each; a mean gap of 0.02 is 4 standard errors here: false alarms below 1 in 1,000
    best: dict[str, list[float]] = {"hw-ieci": [], "hw-random": []}
    for strategy, found in best.items():
        for seed in range(5):
            folder = tmp_path / f"{strategy}{seed}"
            folder.mkdir()
            plan = make_plan(strategy, seed=seed, limits=Limits(20, 1e6, 1))
            trials = run(plan, folder).of("train")
            found.append(min(t.value("error") or 1.0 for t in trials if t.trained))

    assert np.mean(best["hw-ieci"]) < np.mean(best["hw-random"])


def test_a_budget_out_of_reach_ends_with_the_nearest_candidate(tmp_path: Path) -> None:
    plan = make_plan(constraints=(Constraint("latency_s", 0.005),))

    ended = run(plan, tmp_path).ended

    assert ended is not None
    assert ended.reason == "nothing feasible"
    assert "none of 1,524 candidates" in ended.message
    assert "over 5 ms" in ended.message
    assert "the nearest is predicted at latency 1" in ended.message


def test_an_exhausted_space_ends_and_says_so(tmp_path: Path) -> None:
    space = Space.of([Parameter("units", Int(1, 5)), Parameter("act", Choice(("relu",)))])
    plan = make_plan("random", space=space, models=models_of(space))

    state = sweep(plan, tmp_path / "j.jsonl", lambda trial: iter([Completed(trial.trial_id)]))

    assert len(state.of("train")) == 5
    assert state.ended is not None
    assert state.ended.reason == "exhausted"


def test_a_strategy_survives_a_sweep_in_which_everything_fails(tmp_path: Path) -> None:
    plan = make_plan("hw-cwei", profile_candidates=0)

    state = sweep(
        plan,
        tmp_path / "j.jsonl",
        lambda trial: iter([Failed(trial.trial_id, "exception", "boom")]),
    )

    assert len(state.of("train")) == 12
    assert winners(plan, state) == []


def test_the_time_limit_stops_dispatching_and_running_trainings(tmp_path: Path) -> None:
    plan = make_plan("random", limits=Limits(50, 8.0, 1))
    clock = Ticks()

    def slowly(trial: Trial) -> Iterator[Event]:
        for event in evaluate(trial, plan, epochs=3):
            clock.now_s += 1.0
            yield event

    state = sweep(plan, tmp_path / "j.jsonl", slowly, clock=clock)

    assert state.ended is not None
    assert state.ended.reason == "time"
    last = state.of("train")[-1]
    assert last.end == Stopped(last.trial_id, "time limit")


def test_the_best_few_are_confirmed_one_at_a_time_before_one_is_named(tmp_path: Path) -> None:
    plan = make_plan(limits=Limits(12, 1e6, 3))

    state = run(plan, tmp_path)

    named = next(iter(winners(plan, state)), None)
    assert named is not None
    assert named.inside
    best = min(t.value("error") or 1.0 for t in state.of("train") if t.trained)
    assert named.trial.value("error") == best
    assert len(state.of("confirm")) >= 2


def test_what_cannot_be_built_is_never_proposed(tmp_path: Path) -> None:
    plan = make_plan("hw-ieci", buildable=lambda candidate: candidate["layers"] != 2)

    state = run(plan, tmp_path)

    assert {t.candidate["layers"] for t in state.trials.values()} <= {1, 3}
    assert len(state.of("train")) == 12


def test_no_candidate_stands_twice_in_the_ledger(state_of: Callable[[str], State]) -> None:
    for strategy in ("hw-ieci", "hw-cwei", "hw-random"):
        keys = [rejected.candidate.key for rejected in state_of(strategy).rejections]

        assert len(set(keys)) == len(keys)


def test_a_cost_that_is_an_objective_is_measured_without_a_bound(tmp_path: Path) -> None:
    plan = make_plan("random", objectives=(Objective("latency_s"),), constraints=())

    state = run(plan, tmp_path)

    named = next(iter(winners(plan, state)), None)
    assert plan.probed_metrics == ("latency_s",)
    assert named is not None
    assert named.trial.value("latency_s") == min(
        t.costs["latency_s"].value for t in state.of("train")
    )


def test_a_constant_parameter_does_not_hide_that_a_space_is_exhausted(tmp_path: Path) -> None:
    space = Space.of([Parameter("units", Int(1, 3)), Parameter("rate", Float(0.1, 0.1))])
    plan = make_plan("random", space=space, models=models_of(space))

    state = sweep(plan, tmp_path / "j.jsonl", lambda trial: iter([Completed(trial.trial_id)]))

    assert len(state.of("train")) == 3


def test_a_trial_that_runs_out_of_memory_when_measured_again_is_not_inside(tmp_path: Path) -> None:
    plan = make_plan()

    def shrinking(trial: Trial) -> Iterator[Event]:
        if trial.purpose == "confirm":
            return iter([Infeasible(trial.trial_id, "out of memory", ())])
        return evaluate(trial, plan)

    state = sweep(plan, tmp_path / "j.jsonl", shrinking)

    assert {c.inside for c in confirmed(plan, state)} == {False}
    assert winners(plan, state) == []
