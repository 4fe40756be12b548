from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.search.cells import PROTOCOL, Attempt, Cell
from benchmarks.search.functions import function_problems
from benchmarks.search.summary import read_summary, run_of, stored_runs, write_summary

ATTEMPTS = (
    Attempt(0.1, False, True, True, 0.1, 1.0),  # best of all, but over a limit
    Attempt(2.0, True, True, True, 0.2, 2.0),
    Attempt(None, False, False, True, 0.3, 2.1),  # ended at its probe
    Attempt(None, False, False, False, 0.3, 2.2),  # only measured
    Attempt(3.0, True, True, True, 0.4, 3.0),
    Attempt(1.0, True, True, True, 0.5, 4.0),
)
CELL = Cell("branin", "random", 0, f"{PROTOCOL}-a-b", 0, ATTEMPTS)


def test_only_feasible_and_better_attempts_are_steps() -> None:
    run = run_of(CELL)

    assert (run.at, run.dispatched, run.seconds) == ([2, 4], [2, 6], [2.0, 4.0])
    assert run.losses == [2.0, 1.0]
    assert (run.trainings, run.wanted, run.infeasible, run.measured) == (4, 5, 2, 1)
    assert run.suggest_s == 0.3


def test_what_is_reached_and_what_is_best_agree() -> None:
    run = run_of(CELL)

    assert [run.best_after(spent) for spent in (1, 2, 4)] == [float("inf"), 2.0, 1.0]
    for spent in range(1, 7):
        best = run.best_after(spent, "dispatched")
        assert run.reached(best, "dispatched") <= spent or best == float("inf")


def test_a_summary_is_read_as_it_was_written(tmp_path: Path) -> None:
    problems = list(function_problems())
    write_summary([CELL], problems, tmp_path / "r.parquet", tmp_path / "p.csv")
    runs, subjects = read_summary(tmp_path / "r.parquet", tmp_path / "p.csv")

    assert runs == [run_of(CELL)]
    assert subjects["branin"].optimum == pytest.approx(0.397887)
    assert set(subjects) == {problem.name for problem in problems}


def test_cells_are_added_to_those_of_the_same_protocol(tmp_path: Path) -> None:
    files = [], tmp_path / "r.parquet", tmp_path / "p.csv"
    old = replace(CELL, seed=1, version="1-a-b")
    peer = replace(CELL, arm="optuna-tpe", version=f"{PROTOCOL} optuna==5.0.0")
    anew = replace(CELL, version=f"{PROTOCOL}-c-d", attempts=ATTEMPTS[:2])

    write_summary([CELL, old, peer], *files)
    write_summary([anew], *files)

    assert stored_runs(tmp_path / "r.parquet") == [run_of(peer), run_of(anew)]
