"""How good a sweep is so far, as one number: its best feasible value, or how much it dominates.

With one objective it is the least loss. With several it is the share of a box that no feasible
network dominates, in [0, 1]. The box reaches from the ideal point (the least of each objective) to
the reference point (a tenth of the front's width beyond its worst), both of all that the runs
under comparison have found together.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from ..constraints.domains import Array
from ..constraints.metrics import METRICS
from ..constraints.objective import Objective
from ..orchestrator.history import is_feasible
from ..orchestrator.outcomes import losses_of
from ..orchestrator.pareto import dominated_share, extent, reference_point
from ..orchestrator.plan import Plan
from ..orchestrator.state import State, Trial
from .wording import shown


@dataclass(frozen=True, eq=False)
class Quality:
    """A yardstick for sweeps of the same objectives.

    Attributes:
        objectives: of them all.
        ideal: `(k,)`, losses; of several objectives only.
        reference: `(k,)`, losses.
    """

    objectives: Sequence[Objective]
    ideal: Array
    reference: Array

    @staticmethod
    def of(objectives: Sequence[Objective], runs: Iterable[tuple[Plan, State]]) -> Quality:
        """The yardstick for some runs; before anything feasible is found, any box will do."""
        found = [feasible_losses(plan, state.of("train")) for plan, state in runs]
        losses = np.vstack([np.full((1, len(objectives)), np.nan), *found])
        if not np.isfinite(losses).all(axis=1).any():
            return Quality(objectives, np.zeros(len(objectives)), np.ones(len(objectives)))
        return Quality(objectives, extent(losses)[0], reference_point(losses))

    @property
    def several(self) -> bool:
        """Whether it measures fronts."""
        return len(self.objectives) > 1

    @property
    def label(self) -> str:
        """What `value` is, for an axis."""
        if self.several:
            return "hypervolume (share of the box)"
        return f"best feasible {METRICS[self.objectives[0].metric].short}"

    def so_far(self, losses: Array) -> Array:
        """The loss after each row, `(n,)`; NaN before the first finite one.

        Args:
            losses: `(n, k)`, NaN where a trial was not feasible.
        """
        if not self.several:
            return np.asarray(np.fmin.accumulate(losses[:, 0]), dtype=np.float64)
        best, front = np.full(len(losses), np.nan), np.zeros((0, len(self.objectives)))
        for row, loss in enumerate(losses):
            best[row] = best[row - 1] if row else np.nan
            if np.isfinite(loss).all() and not (front <= loss).all(axis=1).any():
                front = np.vstack([front, loss])
                best[row] = 1.0 - dominated_share(front, self.ideal, self.reference)
        return best

    def value(self, loss: Array) -> Array:
        """Losses as what is shown: the objective's own values, or the share that is dominated."""
        if self.several:
            return 1.0 - loss
        return -loss if self.objectives[0].maximise else loss

    def show(self, loss: float) -> str:
        """A loss for people."""
        return self.show_value(float(self.value(np.array(loss))))

    def show_value(self, value: float) -> str:
        """What `value` gave, for people."""
        return f"{value:.3f}" if self.several else shown(self.objectives[0].metric, value)

    def show_spread(self, spread: float) -> str:
        """A standard deviation or a difference of losses for people."""
        return self.show_value(spread)

    @property
    def unit(self) -> str:
        """Of values; empty for a share."""
        name = self.objectives[0].metric
        return METRICS[name].unit if name in METRICS and not self.several else ""

    def box_line(self) -> str:
        """Where the box lies; empty with one objective."""
        if not self.several:
            return ""
        ideal, reference = (self._point(corner) for corner in (self.ideal, self.reference))
        return (
            f"the box reaches from the ideal point ({ideal}) to the reference point ({reference})"
        )

    def _point(self, losses: Array) -> str:
        return ", ".join(
            f"{METRICS[o.metric].short} {shown(o.metric, o.value(float(loss)))}"
            for o, loss in zip(self.objectives, losses, strict=True)
        )


def feasible_losses(plan: Plan, trials: Sequence[Trial]) -> Array:
    """Losses of trials, `(n, k)`; NaN where one is not feasible or not known."""
    losses = losses_of(trials, plan.objectives)
    outside = [not is_feasible(trial, plan.constraints) for trial in trials]
    losses[outside] = np.nan
    return losses
