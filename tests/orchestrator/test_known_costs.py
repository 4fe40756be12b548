"""Measurements stand above predictions, and are made where predictions admit nothing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from toys import SPACE, evaluate, make_driver, make_plan, sweep, true_latency_s

from hyperwatt.constraints.gate import CostGate
from hyperwatt.constraints.objective import Constraint
from hyperwatt.constraints.predictor import Prediction
from hyperwatt.orchestrator.driver import replay
from hyperwatt.orchestrator.gating import judge
from hyperwatt.orchestrator.journal import read_journal
from hyperwatt.orchestrator.plan import Limits, Plan
from hyperwatt.orchestrator.probing import nearest_unmeasured
from hyperwatt.orchestrator.search import Search
from hyperwatt.orchestrator.serial import run_serially
from hyperwatt.orchestrator.state import State

TIGHT = (Constraint("latency_s", 0.03),)  # about one in six


class Biased:
    """Predicts far too much for everything, and the more the larger the network."""

    def predict(self, features: np.ndarray) -> Prediction:
        mean = 1.0 + features.sum(axis=1) / 1000
        return Prediction(mean, np.full(len(mean), 0.1), np.zeros(len(mean), bool))

    def describe(self) -> str:
        return "biased"


def biased_plan(**changes: object) -> Plan:
    return make_plan("hw-random", constraints=TIGHT, **changes)


def blind(search: Search) -> Search:
    """The search with a gate that admits nothing by prediction."""
    gate = CostGate(search.plan.predicted, {"latency_s": Biased()})
    search.gate = lambda state, besides=None: gate  # type: ignore[method-assign]
    return search


def run_blind(plan: Plan, path: Path) -> State:
    driver = make_driver(plan, path)
    blind(driver.search)
    try:
        run_serially(driver, lambda trial: evaluate(trial, plan))
    finally:
        driver.close()
    return driver.state


def test_a_measured_candidate_is_judged_by_its_measurement(tmp_path: Path) -> None:
    plan = biased_plan(limits=Limits(0, 1e6, 1), profile_candidates=30)
    state = sweep(plan, tmp_path / "j")
    profile = [trial.candidate for trial in state.of("profile")]
    gate = CostGate(plan.predicted, {"latency_s": Biased()})

    verdicts = judge(plan, state, gate, SPACE.encode(profile))

    inside = np.array([true_latency_s(c) <= 0.03 for c in profile])
    np.testing.assert_array_equal(verdicts.admitted, inside)
    assert 0 < inside.sum() < len(inside)
    assert verdicts[0].costs["latency_s"] == pytest.approx(true_latency_s(profile[0]))
    unmeasured = judge(plan, state, gate, SPACE.sample(50, np.random.default_rng(5)))
    assert not unmeasured.admitted.any()


def test_the_nearest_are_new_different_and_in_order(tmp_path: Path) -> None:
    plan = biased_plan(limits=Limits(0, 1e6, 1))
    state = sweep(plan, tmp_path / "j")
    gate = CostGate(plan.predicted, {"latency_s": Biased()})

    nearest = nearest_unmeasured(plan, state, gate, 7)

    candidates = [SPACE.candidate(row) for row in nearest]
    assert len(set(candidates)) == 7
    assert not {trial.candidate for trial in state.of("profile")} & set(candidates)
    misses = judge(plan, state, gate, nearest).worst_miss()
    assert (np.diff(misses) >= 0).all()


def test_a_gate_that_admits_nothing_lets_measured_candidates_be_trained(tmp_path: Path) -> None:
    plan = biased_plan(limits=Limits(6, 1e6, 1))

    state = run_blind(plan, tmp_path / "j")

    trained = state.of("train")
    assert len(state.of("profile")) > 12
    assert len(trained) == 6
    assert all(true_latency_s(trial.candidate) <= 0.03 for trial in trained)


def test_it_gives_up_after_as_many_measurements_in_vain_as_the_profile_had(tmp_path: Path) -> None:
    plan = biased_plan()
    impossible = replace(plan, constraints=(Constraint("latency_s", 0.005),))

    state = run_blind(impossible, tmp_path / "j")

    assert state.ended is not None
    assert state.ended.reason == "nothing feasible"
    assert len(state.of("profile")) == 24
    assert not state.of("train")


def test_a_replay_of_the_journal_gives_the_same_state(tmp_path: Path) -> None:
    state = run_blind(biased_plan(limits=Limits(4, 1e6, 1)), tmp_path / "j")

    entries, _ = read_journal(tmp_path / "j")
    again = replay(entries, State())

    assert list(again.trials) == list(state.trials)
    assert again.events == state.events
