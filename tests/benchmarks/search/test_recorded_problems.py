"""The recorded tables as problems: shares as named, optimum exact, known limits cheap."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.search.boards_and_limits import mlperf_problems, zeus_problems
from benchmarks.search.cells_of_networks import ecnas_problems, nb201_problem, nb201_problems
from benchmarks.search.problem import Problem


def losses(problem: Problem) -> list[float]:
    assert problem.listed is not None
    outcomes = [problem.evaluate(problem.space.candidate(row)) for row in problem.listed]
    return [o.loss for o in outcomes if problem.feasible(o) and o.loss is not None]


@pytest.mark.slow
@pytest.mark.parametrize("share", [5, 10])
def test_a_tenth_of_the_cells_is_a_tenth(recordings: Path, share: int) -> None:
    problem = nb201_problem(recordings, "raspi4", share)

    assert problem.feasible_share() == pytest.approx(share / 100, abs=2e-3)


@pytest.mark.slow
def test_the_nearly_empty_graphs_are_left_out(recordings: Path) -> None:
    listed = nb201_problem(recordings, "raspi4", 10).listed

    assert listed is not None
    assert len(listed) == 15_625 - 235


@pytest.mark.slow
def test_a_wider_limit_never_has_a_worse_optimum(recordings: Path) -> None:
    optima = [p.optimum for p in nb201_problems(recordings) if "raspi4" in p.name]

    assert optima == sorted(optima, reverse=True)


@pytest.mark.slow
@pytest.mark.parametrize("load", [ecnas_problems, mlperf_problems, zeus_problems])
def test_the_optimum_is_the_best_feasible_row(recordings: Path, load: object) -> None:
    for problem in load(recordings):  # type: ignore[operator]
        kept = losses(problem)

        assert min(kept) == problem.optimum
        assert 0.05 < problem.feasible_share() < 0.3
        assert problem.cheap == problem.constraints


@pytest.mark.slow
def test_a_run_that_never_got_there_is_a_failed_training(recordings: Path) -> None:
    problem = next(p for p in zeus_problems(recordings) if "librispeech" in p.name)
    assert problem.listed is not None
    outcomes = [problem.evaluate(problem.space.candidate(row)) for row in problem.listed]
    failed = [outcome for outcome in outcomes if outcome.loss is None]

    assert 0 < len(failed) < len(outcomes) / 2
    assert all(np.isfinite(outcome.training_s) for outcome in failed)
