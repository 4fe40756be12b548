"""What a training that was cut short might still have gained, by the curves of those that went on.

The loss that a cut training had reached stands as its loss, and is doubted by the root mean square
of what completed trainings of the sweep still gained after that epoch. Foreseeing the last loss
itself (by a regression on level and slopes, a power law, or ranks) comes nearer to it, but orders
candidates worse: benchmarks/early_stopping.md.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..constraints.domains import Array
from ..constraints.metrics import COSTS
from ..constraints.objective import Objective
from .events import Completed, Stopped
from .state import Trial

LEAST_CURVES = 3  # fewer tell nothing of a doubt
MOST_CURVES = 200  # the last so many are enough, and a suggestion waits for them
FINAL = ("diverged", "chance level")  # the bad loss of these is the observation [Stamoulis2018]


def doubts(trials: Sequence[Trial], objective: Objective, others: Sequence[Trial]) -> Array:
    """The standard deviation of each trial's loss, `(n,)`.

    Args:
        trials: that ended, or run with a report at least; of others nothing is doubted.
        objective: a cost is measured and never doubted.
        others: among which the completed ones show what may still be gained.

    Returns:
        In the unit of the loss; 0 for what was seen to its end, or while too few have been.
    """
    doubted = np.zeros(len(trials))
    cut = [row for row, trial in enumerate(trials) if _is_cut(trial)]
    complete = [t for t in others if t.reports and isinstance(t.end, Completed)][-MOST_CURVES:]
    if objective.metric in COSTS or not cut:
        return doubted
    reached = np.array([trials[row].reports[-1].epoch for row in cut])
    epochs = np.unique(reached)
    rows = [_gains(trial, objective, epochs) for trial in complete]
    gains = np.array(rows).reshape(-1, len(epochs))
    for epoch, column in zip(epochs, gains.T, strict=True):
        known = column[np.isfinite(column)]
        if len(known) >= LEAST_CURVES:
            doubted[np.array(cut)[reached == epoch]] = np.sqrt(np.mean(known**2))
    return doubted


def _is_cut(trial: Trial) -> bool:
    if not trial.reports:
        return False
    return trial.end is None or (isinstance(trial.end, Stopped) and trial.end.reason not in FINAL)


def _gains(trial: Trial, objective: Objective, epochs: Array) -> Array:
    """What a training gained after each epoch, `(n,)`; NaN where it says nothing of it."""
    told = [r for r in trial.reports if objective.metric in r.metrics]
    at = np.array([report.epoch for report in told])
    best = np.minimum.accumulate([objective.loss(r.metrics[objective.metric]) for r in told])
    before = np.searchsorted(at, epochs, side="right") - 1
    gains = np.full(len(epochs), np.nan)
    says = (before >= 0) & (before < len(told) - 1)
    gains[says] = best[before[says]] - best[-1]
    return gains
