"""Our own arms on small problems: budgets, what counts, and the limit line."""

from __future__ import annotations

import pytest

from benchmarks.search.arms import (
    WARM_UP,
    drive,
    observed_driver,
    run_perfect_gate,
    run_strategy,
)
from benchmarks.search.functions import function_problems
from benchmarks.search.problem import Outcome, Problem
from hyperwatt.constraints.objective import Constraint

BRANIN = next(p for p in function_problems() if p.name == "branin-constrained")


def toy(**changes: object) -> Problem:
    """Widths that cost their number; the best allowed is 5."""
    fields: dict[str, object] = {
        "name": "toy",
        "about": "toy",
        "parameters": {
            "width": {"type": "int", "low": 1, "high": 40},
            "rate": {"type": "float", "low": 0.0, "high": 1.0},
        },
        "constraints": (Constraint("latency_s", 5.0),),
        "evaluate": lambda c: Outcome(-float(c["width"]), {"latency_s": float(c["width"])}, 10.0),
        "optimum": -5.0,
        "probe_s": 1.0,
    }
    return Problem(**{**fields, **changes})  # type: ignore[arg-type]


def test_an_aware_arm_probes_first_and_ends_what_is_infeasible_at_its_probe() -> None:
    cell = run_strategy(toy(), "hw-random", 0, 12)

    assert cell.probes >= WARM_UP
    assert sum(attempt.trained for attempt in cell.attempts) == 12
    assert all(attempt.trained == attempt.feasible for attempt in cell.attempts)


def test_an_unaware_arm_trains_all_of_them() -> None:
    cell = run_strategy(toy(), "random", 0, 12)

    assert cell.probes == 0
    assert all(attempt.trained for attempt in cell.attempts)
    assert not all(attempt.feasible for attempt in cell.attempts)
    assert [a.now_s for a in cell.attempts] == pytest.approx([11.0 * i for i in range(1, 13)])


@pytest.mark.slow
def test_a_learned_limit_is_seen_only_by_training() -> None:
    cell = run_strategy(BRANIN, "hw-cwei", 0, 8)

    assert cell.probes == 0
    assert all(attempt.trained for attempt in cell.attempts)
    assert {attempt.feasible for attempt in cell.attempts} == {True, False}


def test_a_perfect_gate_sends_nothing_infeasible() -> None:
    cell = run_perfect_gate(toy(), 0, 10)

    assert all(attempt.feasible for attempt in cell.attempts)
    assert min(a.loss for a in cell.attempts if a.loss is not None) >= -5.0


@pytest.mark.slow
def test_the_same_seed_gives_the_same_losses() -> None:
    first, again = (run_strategy(toy(), "hw-ieci", 1, 8) for _ in range(2))

    assert [a.loss for a in first.attempts] == [a.loss for a in again.attempts]


def test_a_failed_training_is_an_attempt_without_a_loss() -> None:
    fails = toy(evaluate=lambda c: Outcome(None, {"latency_s": float(c["width"])}, 10.0))
    cell = run_strategy(fails, "random", 0, 4)

    assert [attempt.loss for attempt in cell.attempts] == [None] * 4


def test_an_observed_search_has_seen_just_these_trainings() -> None:
    candidates = [{"width": width, "rate": 0.5} for width in (1, 2, 3)]
    driver = observed_driver(toy(), "hw-random", candidates)
    trial, _ = drive(toy(), driver)

    assert trial is not None
    assert [dict(t.candidate) for t in driver.state.of("train")][:3] == candidates
    assert len(driver.state.of("train")) == 4
    assert not driver.state.of("profile")
