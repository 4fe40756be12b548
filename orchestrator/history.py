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
from .full_training import full_training_s
from .learning_curve import doubts
from .outcomes import losses_of
from .seen_losses import fit_to_learn_from
from .state import State, Trial


@dataclass(frozen=True, eq=False)
class Learned:
    """What trainings have shown of a constraint that only they can show.

    Attributes:
        values: `(n,)`, as losses. A training that failed counts as the worst one seen.
        bound: the most that is allowed, as a loss.
    """

    values: Array
    bound: float


@dataclass(frozen=True, eq=False)
class History:
    """Observations of the objective.

    Attributes:
        units: `(n, d)` of trained candidates.
        losses: `(n,)`, of the only objective, or of several weighed into one; less is better. A
            training that failed counts as the worst one seen, so that its neighbourhood is avoided.
        feasible: `(n,)` of bool, whether every constraint holds as measured.
        pending: `(m, d)` of candidates under way, whose losses are not known yet.
        pending_trained: `(m,)` of bool, False for those that are only measured.
        learned: of each constraint that is not predicted.
        every_loss: `(n, k)`, of all objectives.
        failed: `(n,)` of bool, whether the training gave no value that may be relied on.
        doubt: `(n,)`, standard deviation of a loss that was not seen to its last epoch; 0 where it
            was.
        seconds: `(n,)`, of a full training; NaN if unknown.
        pending_losses: `(m,)`, what the reports so far say of those under way; NaN without one.
        pending_doubt: `(m,)`, standard deviation of these; NaN without a report.
    """

    units: Array
    losses: Array
    feasible: NDArray[np.bool_]
    pending: Array
    pending_trained: NDArray[np.bool_]
    learned: tuple[Learned, ...]
    every_loss: Array
    failed: NDArray[np.bool_]
    doubt: Array
    seconds: Array
    pending_losses: Array
    pending_doubt: Array

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
    """The observations in a state, those of earlier runs first."""
    tried = [trial for trial in (*state.before, *state.of("train")) if _observed(trial)]
    chosen = (*state.of("train"), *state.of("probe"))
    pending = [t for t in chosen if t.running or t.waiting]
    so_far = _so_far(pending, objectives[0])
    losses = np.column_stack(
        [fit_to_learn_from(column) for column in losses_of(tried, objectives).T]
    )
    return History(
        units=space.encode([trial.candidate for trial in tried]),
        losses=losses[:, 0],
        feasible=np.array([t.trained and is_feasible(t, constraints) for t in tried], dtype=bool),
        pending=space.encode([trial.candidate for trial in pending]),
        pending_trained=np.array([trial.purpose == "train" for trial in pending], dtype=bool),
        learned=tuple(_learned(tried, c) for c in constraints if not c.predicted),
        every_loss=losses,
        failed=np.array([not trial.trained for trial in tried], dtype=bool),
        doubt=doubts(tried, objectives[0], tried),
        seconds=full_training_s(tried),
        pending_losses=so_far,
        pending_doubt=np.where(np.isnan(so_far), np.nan, doubts(pending, objectives[0], tried)),
    )


def _learned(tried: Sequence[Trial], constraint: Constraint) -> Learned:
    values = losses_of(tried, [Objective.natural(constraint.metric)])[:, 0]
    bound = constraint.loss(constraint.bound)
    return Learned(fit_to_learn_from(values, at_least=bound + abs(bound)), bound)


def _so_far(pending: Sequence[Trial], objective: Objective) -> Array:
    """Losses of trainings under way, `(m,)`; NaN where none is known yet."""
    known = [t.value(objective.metric) if t.reports else None for t in pending]
    return np.array([np.nan if v is None else objective.loss(v) for v in known], dtype=np.float64)


def _observed(trial: Trial) -> bool:
    """Ended, and not by its probe: an infeasible network says nothing of the objective."""
    return trial.end is not None and not isinstance(trial.end, Infeasible)
