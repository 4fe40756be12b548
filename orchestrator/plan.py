"""What a sweep is asked to do: everything the search knows besides its state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from ..constraints.candidate import Candidate
from ..constraints.cost_models import CostModels
from ..constraints.domains import Array
from ..constraints.metrics import COSTS
from ..constraints.objective import Constraint, Objective
from ..constraints.promise import Promise
from ..constraints.space import Space, row_keys
from .early_stopping import StoppingRule
from .outcomes import selected_by
from .strategies.protocol import Strategy

ENUMERABLE = 20_000  # a discrete space up to this size is its own pool, so that its end is seen


@dataclass(frozen=True)
class Limits:
    """How long a sweep goes on.

    Attributes:
        trials: dispatched trainings, those that end at their probe included.
        wall_clock_s: running time; at its end running trainings stop after their epoch.
        concurrency: trials under way at once.
    """

    trials: int
    wall_clock_s: float
    concurrency: int


@dataclass(frozen=True)
class Confirmation:
    """What is measured again at the end, alone on the device.

    Attributes:
        best: so many of the best feasible trials, also evaluated on the test split.
        remeasure: so many finished trials in all, to see how many are still inside the budget.
    """

    best: int
    remeasure: int


@dataclass(frozen=True, eq=False)
class Plan:
    """A sweep, without its state.

    Attributes:
        space: of the candidates.
        objectives: at least one; the first is what early stopping and the kept epoch go by.
        constraints: predicted ones are gated and probed, learned ones judged after training.
        strategy: ranks the pool.
        models: how costs are predicted.
        rules: of early stopping.
        limits: of the sweep.
        profile_candidates: untrained candidates measured first, for a strategy that predicts.
        confirmation: at the end.
        buildable: whether a network can be made of a candidate; others are never proposed.
        seed: of all randomness.
        pool_size: candidates screened for one suggestion.
        also_probed: costs that a probe measures though nothing depends on them.
        promise: kept by the gate's margins; None for a strategy that promises nothing.
        per_second: what a strategy hopes to gain is divided by the seconds a training would take.
        points: candidates that are tried before all others, in this order.
        listed: `(n, d)` units of all candidates, where they are a list rather than a whole space.
    """

    space: Space
    objectives: Sequence[Objective]
    constraints: Sequence[Constraint]
    strategy: Strategy
    models: CostModels
    rules: Sequence[StoppingRule]
    limits: Limits
    profile_candidates: int
    confirmation: Confirmation
    seed: int
    buildable: Callable[[Candidate], bool] = lambda candidate: True
    pool_size: int = 2000
    also_probed: Sequence[str] = ()
    promise: Promise | None = None
    listed: Array | None = None
    per_second: bool = False
    points: Sequence[Candidate] = ()

    @cached_property
    def every(self) -> Array | None:
        """All candidates, `(n, d)`, if they are few enough to look at each time; else None."""
        return self.space.enumerate(ENUMERABLE) if self.listed is None else self.listed

    def in_list(self, units: Array) -> Array:
        """Those of `(n, d)` points that are listed; all of them where there is no list."""
        if self.listed is None:
            return units
        return units[[key in self._listed_keys for key in row_keys(units)]]

    @cached_property
    def _listed_keys(self) -> frozenset[bytes]:
        return frozenset() if self.listed is None else frozenset(row_keys(self.listed))

    @property
    def objective(self) -> Objective:
        """The first, and in most sweeps the only one."""
        return self.objectives[0]

    @property
    def selected_by(self) -> str:
        """The reported metric whose best epoch of a training counts and is kept."""
        return selected_by(self.objectives)

    @property
    def probed_metrics(self) -> tuple[str, ...]:
        """Costs that a probe must measure: those with a bound, objectives, and what else is."""
        wanted = [constraint.metric for constraint in self.predicted]
        wanted += [o.metric for o in self.objectives if o.metric in COSTS]
        wanted += self.also_probed
        return tuple(dict.fromkeys(wanted))

    @property
    def predicted(self) -> tuple[Constraint, ...]:
        """Constraints on costs."""
        return tuple(c for c in self.constraints if c.predicted)

    @property
    def first_measured(self) -> int:
        """Candidates to measure before anything is trained."""
        return self.profile_candidates if self.gated or not self.limits.trials else 0

    @property
    def gated(self) -> bool:
        """Whether candidates are screened before dispatch."""
        return self.strategy.aware and bool(self.predicted)
