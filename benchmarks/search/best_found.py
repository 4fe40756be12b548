"""The best value that a long search finds, for problems whose optimum nobody knows.

    python -m benchmarks.search.best_found PROBLEM ... [--data FOLDER]

Many uniform candidates, then ever smaller steps from the best few. What it prints goes by hand into
`BEST` of `simulated.py` and `learning_curves.py`; a cell that finds a better one says so on the
page.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from benchmarks.search.catalogue import load_problems
from benchmarks.search.problem import Problem
from hyperwatt.constraints.domains import Array

UNIFORM, ROUNDS, STEPS, KEPT = 3000, 60, 80, 4
FIRST_SPREAD, SHRINK = 0.3, 0.92


def best_found(problem: Problem, rng: np.random.Generator) -> tuple[float, Array]:
    """The least feasible loss, and where it is, `(d,)`."""
    rows = problem.sample(UNIFORM, rng)
    losses = _losses(problem, rows)
    spread = FIRST_SPREAD
    for _ in range(ROUNDS):
        best = np.argsort(losses, kind="stable")[:KEPT]
        rows, losses = rows[best], losses[best]
        near = [problem.space.neighbours(row, STEPS // KEPT, rng, spread=spread) for row in rows]
        rows = np.vstack([rows, *near])
        losses = np.concatenate([losses, _losses(problem, rows[KEPT:])])
        spread *= SHRINK
    best_row = int(np.argmin(losses))
    return float(losses[best_row]), rows[best_row]


def _losses(problem: Problem, rows: Array) -> Array:
    """`(n,)`; infinite where a limit is broken or the training fails."""
    outcomes = [problem.evaluate(problem.space.candidate(row)) for row in rows]
    kept = [o.loss if problem.feasible(o) else None for o in outcomes]
    return np.array([np.inf if loss is None else loss for loss in kept])


def main() -> None:
    """Print the best of the problems that are named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    given = parser.parse_args()
    problems, _ = load_problems(given.data)
    for name in given.names:
        loss, row = best_found(problems[name], np.random.default_rng(0))
        print(name, loss, dict(problems[name].space.candidate(row)), flush=True)


if __name__ == "__main__":
    main()
