"""A problem: a space, what a training of a candidate gives, and which limits count.

Less loss is better. A constraint is cheap if a probe of the untrained candidate tells its value
(`Constraint.predicted`), and learned if only a whole training does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from hyperwatt.constraints.domains import Array
from hyperwatt.constraints.objective import Constraint
from hyperwatt.constraints.space import Space, row_keys
from hyperwatt.experiments.spec_space import ParameterSpec, build_space

Plain = Mapping[str, Mapping[str, Any]]
_GRAMMAR: TypeAdapter[dict[str, ParameterSpec]] = TypeAdapter(dict[str, ParameterSpec])


@dataclass(frozen=True)
class Outcome:
    """What is known of a candidate once it is trained.

    Attributes:
        loss: the best of its epochs; None if the training failed.
        costs: by metric of a constraint.
        training_s: of the whole training; virtual.
        epochs: (epoch, seconds since training began, loss) where they were recorded.
    """

    loss: float | None
    costs: Mapping[str, float]
    training_s: float = 1.0
    epochs: Sequence[tuple[int, float, float]] = ()


@dataclass(frozen=True, eq=False)
class Problem:
    """One problem of the benchmark.

    Attributes:
        name: in files and on the command line.
        about: one line for readers.
        parameters: the space, in the grammar of a spec.
        constraints: with their bounds.
        evaluate: the outcome of a candidate.
        optimum: the least feasible loss.
        proven: whether the optimum is known, rather than the best that anybody has found.
        listed: `(n, d)` of the candidates, where they are not the whole space.
        probe_s: virtual seconds of a probe.
        simulated: whether costs or losses are made up.
        family: problems that are averaged as one kind.
    """

    name: str
    about: str
    parameters: Plain
    constraints: tuple[Constraint, ...]
    evaluate: Callable[[Mapping[str, Any]], Outcome] = field(repr=False)
    optimum: float
    proven: bool = True
    listed: Array | None = field(default=None, repr=False)
    probe_s: float = 0.0
    simulated: bool = False
    family: str = ""

    @cached_property
    def space(self) -> Space:
        """Of the parameters."""
        return space_of(self.parameters)

    @property
    def cheap(self) -> tuple[Constraint, ...]:
        """Constraints that a probe tells."""
        return tuple(c for c in self.constraints if c.predicted)

    def feasible(self, outcome: Outcome, constraints: Sequence[Constraint] | None = None) -> bool:
        """Whether an outcome keeps the limits: all, or those that are named."""
        asked = self.constraints if constraints is None else constraints
        return all(c.allows(outcome.costs[c.metric]) for c in asked)

    def sample(self, count: int, rng: np.random.Generator) -> Array:
        """Uniform candidates, `(count, d)`."""
        if self.listed is None:
            return self.space.sample(count, rng)
        return self.listed[rng.integers(len(self.listed), size=count)]

    def feasible_share(self, count: int = 1000, seed: int = 0) -> float:
        """Share of all candidates that keep the limits; of uniform ones where there is no list."""
        rows = self.listed if self.listed is not None else self.space.enumerate(20_000)
        if rows is None:
            rows = self.sample(count, np.random.default_rng(seed))
        kept = [self.feasible(self.evaluate(self.space.candidate(row))) for row in rows]
        return float(np.mean(kept))


def space_of(parameters: Plain) -> Space:
    """The space of plain parameters.

    >>> space_of({"width": {"type": "int", "low": 1, "high": 4}}).names
    ('width',)
    """
    return build_space(_GRAMMAR.validate_python(dict(parameters)))


@dataclass(frozen=True, eq=False)
class Table:
    """Recorded candidates: a loss, costs and seconds a row.

    Attributes:
        space: of the candidates.
        units: `(n, d)`.
        losses: `(n,)`; NaN where the training failed.
        costs: by metric, `(n,)`.
        seconds: `(n,)`, of a training.
    """

    space: Space
    units: Array
    losses: Array
    costs: Mapping[str, Array]
    seconds: Array

    @cached_property
    def _rows(self) -> dict[bytes, int]:
        return {key: row for row, key in enumerate(row_keys(self.units))}

    def evaluate(self, candidate: Mapping[str, Any]) -> Outcome:
        """What was recorded of a candidate."""
        row = self._rows[row_keys(self.space.encode([candidate]))[0]]
        loss = float(self.losses[row])
        costs = {metric: float(values[row]) for metric, values in self.costs.items()}
        return Outcome(None if np.isnan(loss) else loss, costs, float(self.seconds[row]))

    def best(self, constraints: Sequence[Constraint]) -> float:
        """The least feasible loss."""
        inside = ~np.isnan(self.losses)
        for constraint in constraints:
            inside &= self.costs[constraint.metric] <= constraint.bound
        return float(self.losses[inside].min())
