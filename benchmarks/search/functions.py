"""Made-up functions whose optimum is known; their constraints are learned, seen by evaluating.

    branin       on a disk                     [Gelbart2014]   0.397887
    hartmann6    in the unit ball              [Letham2019]   -3.32237
    ackley10     two constraints, ten numbers  [Eriksson2021]  0
and the same without a constraint.

References:
    [Gelbart2014] Bayesian Optimization with Unknown Constraints. UAI 2014.
    [Letham2019] Constrained Bayesian Optimization with Noisy Experiments. Bayesian Analysis 2019.
    [Eriksson2021] Scalable Constrained Bayesian Optimization (SCBO). AISTATS 2021.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from benchmarks.search.problem import Outcome, Plain, Problem
from hyperwatt.constraints.domains import Array
from hyperwatt.constraints.objective import Constraint

Function = Callable[[Array], float]
Limits = Mapping[str, Function]  # each at most 0

_ALPHA = np.array([1.0, 1.2, 3.0, 3.2])
_A = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
_P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


def branin(x: Array) -> float:
    """Three equal minima of 0.397887.

    >>> round(branin(np.array([math.pi, 2.275])), 6)
    0.397887
    """
    wave = 10 * (1 - 1 / (8 * math.pi)) * math.cos(x[0])
    bowl = x[1] - 5.1 / (4 * math.pi**2) * x[0] ** 2 + 5 / math.pi * x[0] - 6
    return float(bowl**2 + wave + 10)


def hartmann6(x: Array) -> float:
    """Six minima; the least is -3.32237."""
    return float(-_ALPHA @ np.exp(-(_A * (x - _P) ** 2).sum(axis=1)))


def ackley(x: Array) -> float:
    """Many small minima around 0 at the origin."""
    near = -20 * math.exp(-0.2 * math.sqrt(float(np.mean(x**2))))
    return float(near - math.exp(float(np.mean(np.cos(2 * math.pi * x)))) + 20 + math.e)


def box(lower: Mapping[str, tuple[float, float]]) -> Plain:
    """Real parameters in ranges."""
    return {n: {"type": "float", "low": lo, "high": hi} for n, (lo, hi) in lower.items()}


def problem_of(
    name: str,
    about: str,
    parameters: Plain,
    function: Function,
    limits: Limits,
    optimum: float,
    arguments: Callable[[Mapping[str, Any]], Array] | None = None,
) -> Problem:
    """A function as a problem; each evaluation takes one virtual second.

    Args:
        name: of the problem.
        about: one line.
        parameters: the space.
        function: less is better.
        limits: learned; each function must be at most 0.
        optimum: known.
        arguments: of the function, from a candidate; by default its values.
    """

    def evaluate(candidate: Mapping[str, Any]) -> Outcome:
        x = _values(candidate) if arguments is None else arguments(candidate)
        return Outcome(function(x), {metric: limit(x) for metric, limit in limits.items()})

    return Problem(
        name=name,
        about=about,
        parameters=parameters,
        constraints=tuple(Constraint(metric, 0.0, predicted=False) for metric in limits),
        evaluate=evaluate,
        optimum=optimum,
        family="functions" if limits else "unconstrained",
    )


def function_problems() -> Iterator[Problem]:
    """With their constraints, and without."""
    branin_box = box({"x0": (-5.0, 10.0), "x1": (0.0, 15.0)})
    unit_box = box({f"x{i}": (0.0, 1.0) for i in range(6)})
    ackley_box = box({f"x{i}": (-5.0, 10.0) for i in range(10)})
    disk: Limits = {"disk": lambda x: float((x[0] - 2.5) ** 2 + (x[1] - 7.5) ** 2 - 50)}
    ball: Limits = {"ball": lambda x: float(np.linalg.norm(x) - 1)}
    two: Limits = {
        "sum": lambda x: float(x.sum()),
        "radius": lambda x: float(np.linalg.norm(x) - 5),
    }
    for suffix, limits in (("-constrained", disk), ("", {})):
        yield problem_of(f"branin{suffix}", "Branin", branin_box, branin, limits, 0.397887)
    for suffix, limits in (("-constrained", ball), ("", {})):
        yield problem_of(
            f"hartmann6{suffix}", "Hartmann, 6-D", unit_box, hartmann6, limits, -3.32237
        )
    for suffix, limits in (("-constrained", two), ("", {})):
        yield problem_of(f"ackley10{suffix}", "Ackley, 10-D", ackley_box, ackley, limits, 0.0)


def _values(candidate: Mapping[str, Any]) -> Array:
    return np.array([candidate[f"x{i}"] for i in range(len(candidate))], dtype=np.float64)
