from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.search.engineering import engineering_problems

PROBLEMS = {problem.name: problem for problem in engineering_problems()}
# As published, rounded: a limit may be over by the last digit.
MINIMA: dict[str, dict[str, Any]] = {
    "pressure-vessel": {"shell": 13, "head": 7, "radius": 42.0984456, "length": 176.6365958},
    "welded-beam": {"weld": 0.205730, "seam": 3.470489, "height": 9.036624, "width": 0.205730},
    "speed-reducer": {
        "face": 3.5, "module": 0.7, "teeth": 17, "l1": 7.3, "l2": 7.71532,
        "d1": 3.350215, "d2": 5.286655,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_published_optimum_is_met_within_its_digits(name: str) -> None:
    problem, outcome = PROBLEMS[name], PROBLEMS[name].evaluate(MINIMA[name])

    assert outcome.loss == pytest.approx(problem.optimum, rel=1e-5)
    assert max(outcome.costs.values()) < 1e-5


@pytest.mark.parametrize("name", PROBLEMS)
def test_no_feasible_design_is_better(name: str) -> None:
    problem = PROBLEMS[name]
    rng = np.random.default_rng(0)
    near = problem.space.neighbours(problem.space.encode([MINIMA[name]])[0], 2000, rng, spread=0.01)
    outcomes = [problem.evaluate(problem.space.candidate(row)) for row in near]
    kept = [o.loss for o in outcomes if o.loss is not None and problem.feasible(o)]

    assert min(kept, default=problem.optimum) >= problem.optimum * (1 - 1e-6)
