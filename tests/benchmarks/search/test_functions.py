from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.search.functions import function_problems
from benchmarks.search.problem import Problem

PROBLEMS = {problem.name: problem for problem in function_problems()}
MINIMA = {
    "branin": (math.pi, 2.275),
    "hartmann6": (0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573),
    "ackley10": (0.0,) * 10,
}


def at(name: str) -> dict[str, float]:
    place = MINIMA[name.removesuffix("-constrained")]
    return {f"x{i}": value for i, value in enumerate(place)}


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_known_minimum_is_feasible_and_has_the_known_value(name: str) -> None:
    problem = PROBLEMS[name]
    outcome = problem.evaluate(at(name))

    assert problem.feasible(outcome)
    assert outcome.loss == pytest.approx(problem.optimum, abs=1e-4)


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=lambda problem: problem.name)
def test_nobody_is_better_than_the_optimum(problem: Problem) -> None:
    rows = problem.sample(500, np.random.default_rng(0))
    outcomes = [problem.evaluate(problem.space.candidate(row)) for row in rows]

    assert all(o.loss is not None and o.loss >= problem.optimum - 1e-6 for o in outcomes)


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=lambda problem: problem.name)
def test_a_limit_is_learned_and_cuts_something_off(problem: Problem) -> None:
    assert not problem.cheap
    assert (problem.feasible_share(500) < 1) == bool(problem.constraints)
