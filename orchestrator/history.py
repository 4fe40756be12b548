"""What a strategy learns from: trained candidates with their losses, and what is under way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..constraints.domains import Array
from ..constraints.objective import Constraint, Objective
from ..constraints.space import Space
from .events import Infeasible
from .state import State, Trial


@dataclass(frozen=True, eq=False)
class Learned:
    """What trainings have shown of a constraint that only they can show.

    Attributes:
        values: `(n,)`, less is better. A training that failed counts as the worst one seen.
        bound: the most that is allowed.
    """

    values: Array
    bound: float


@dataclass(frozen=True, eq=False)
class History:
    """Observations of the objective.

    Attributes:
        units: `(n, d)` of trained candidates.
        losses: `(n,)`, of the first objective, less is better. A training that failed counts as
            the worst one seen, so that its neighbourhood is avoided.
        feasible: `(n,)` of bool, whether every constraint holds as measured.
        pending: `(m, d)` of candidates under way, whose losses are not known yet.
        learned: of each constraint that is not predicted.
        every_loss: `(n, k)`, of all objectives, the first column being `losses`.
        failed: `(n,)` of bool, whether the training gave no value that may be relied on.
    """

    units: Array
    losses: Array
    feasible: NDArray[np.bool_]
    pending: Array
    learned: tuple[Learned, ...]
    every_loss: Array
    failed: NDArray[np.bool_]

    def incumbent(self, *, aware: bool) -> int | None:
        """Row of the best candidate; of the best feasible one if `aware`. None if there is none."""
        allowed = self.feasible if aware else np.ones(len(self.losses), dtype=bool)
        if not allowed.any():
            return None
        return int(np.argmin(np.where(allowed, self.losses, np.inf)))


def is_feasible(trial: Trial, constraints: Sequence[Constraint]) -> bool:
    """Whether every constraint holds as measured; a value that is not known breaks it."""
    for constraint in constraints:
        value = trial.value(constraint.metric)
        if value is None or not constraint.allows(value):
            return False
    return not isinstance(trial.end, Infeasible)


def history_of(
    state: State,
    space: Space,
    objectives: Sequence[Objective],
    constraints: Sequence[Constraint],
) -> History:
    """The observations in a state."""
    tried = [trial for trial in state.of("train") if _observed(trial)]
    pending = [t for t in state.of("train") if t.running or t.waiting]
    losses = np.column_stack([_losses(tried, objective) for objective in objectives])
    return History(
        units=space.encode([trial.candidate for trial in tried]),
        losses=losses[:, 0],
        feasible=np.array([t.trained and is_feasible(t, constraints) for t in tried], dtype=bool),
        pending=space.encode([trial.candidate for trial in pending]),
        learned=tuple(
            Learned(_losses(tried, Objective(c.metric)), c.bound)
            for c in constraints
            if not c.predicted
        ),
        every_loss=losses,
        failed=np.array([not trial.trained for trial in tried], dtype=bool),
    )


def _losses(tried: Sequence[Trial], objective: Objective) -> Array:
    """One a trial, `(n,)`; a training that failed counts as the worst one seen."""
    known = [trial.value(objective.metric) if trial.trained else None for trial in tried]
    losses = [None if value is None else objective.loss(value) for value in known]
    worst = max((loss for loss in losses if loss is not None), default=1.0)
    return np.array([worst if loss is None else loss for loss in losses], dtype=np.float64)


def _observed(trial: Trial) -> bool:
    """Ended, and not by its probe: an infeasible network says nothing of the objective."""
    return trial.end is not None and not isinstance(trial.end, Infeasible)
