"""How good a sweep was so far, along its trainings and its time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ..constraints.domains import Array
from ..orchestrator.plan import Plan
from ..orchestrator.state import State
from .quality import Quality, feasible_losses


@dataclass(frozen=True, eq=False)
class Curve:
    """Steps of the incumbent, in the order in which trials ended.

    Attributes:
        trainings: `(n,)`, trainings ended so far, those that ended at their probe included.
        times_s: `(n,)`, running time of the sweep, the profile included.
        best: `(n,)`, the least loss so far (see `quality.py`); NaN while nothing feasible is known.
        samples: `(n,)`, candidates looked at so far: trainings, and what a gate refused on the way
            to them.
    """

    trainings: Array
    times_s: Array
    best: Array
    samples: Array

    def at_training(self, count: ArrayLike) -> Array:
        """The best value after so many trainings; NaN before the first feasible one."""
        return self._at(self.trainings, count)

    def at_time(self, time_s: ArrayLike) -> Array:
        """The best value after so many seconds; NaN before the first feasible one."""
        return self._at(self.times_s, time_s)

    def time_to(self, value: float) -> float:
        """Seconds until the best loss was so low; infinite if it never was."""
        reached = np.flatnonzero(self.best <= value)
        return float(self.times_s[reached[0]]) if len(reached) else np.inf

    def time_to_samples(self, count: float) -> float:
        """Seconds until so many candidates were looked at; infinite if they never were."""
        reached = np.flatnonzero(self.samples >= count)
        return float(self.times_s[reached[0]]) if len(reached) else np.inf

    def _at(self, axis: Array, wanted: ArrayLike) -> Array:
        index = np.searchsorted(axis, np.asarray(wanted, dtype=np.float64), side="right") - 1
        return np.where(index >= 0, self.best[np.maximum(index, 0)], np.nan)


def incumbent_curve(plan: Plan, state: State, quality: Quality) -> Curve:
    """The curve of a sweep; it begins with zero trainings at time zero.

    Args:
        plan: of the sweep.
        state: of it.
        quality: what its losses are.
    """
    ended = [trial for trial in state.of("train") if trial.ended_s is not None]
    ended.sort(key=lambda trial: trial.ended_s or 0.0)
    refused = {r.trial_id: r.samples for r in state.rejections if not r.withdrawn}
    times = [0.0, *(trial.ended_s or 0.0 for trial in ended)]
    samples = np.cumsum([0.0, *(1 + refused.get(trial.trial_id, 0) for trial in ended)])
    best = np.concatenate([[np.nan], quality.so_far(feasible_losses(plan, ended))])
    counts = np.arange(len(best), dtype=np.float64)
    return Curve(counts, np.array(times), best, samples)
