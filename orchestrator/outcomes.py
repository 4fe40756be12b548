"""What trained trials came to, by the objectives of their sweep.

All that training reports of a trial is told of one epoch, the best by the first reported objective:
its weights are the ones that are kept.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..constraints.domains import Array
from ..constraints.metrics import COSTS
from ..constraints.objective import Objective
from .state import Trial


def selected_by(objectives: Sequence[Objective]) -> str:
    """The reported metric whose best epoch of a training counts and is kept.

    >>> selected_by([Objective("energy_j"), Objective("loss")]), selected_by([Objective("power_w")])
    ('loss', 'error')
    """
    return next((o.metric for o in objectives if o.metric not in COSTS), "error")


def values_of(trial: Trial, objectives: Sequence[Objective]) -> tuple[float | None, ...]:
    """A trial's value of each objective; None where it is not known."""
    best = trial.best_report(selected_by(objectives))
    reported = best.metrics if best else {}
    return tuple(
        trial.value(o.metric) if o.metric in COSTS else reported.get(o.metric) for o in objectives
    )


def losses_of(trials: Sequence[Trial], objectives: Sequence[Objective]) -> Array:
    """Losses of trials, `(n, k)`; NaN where nothing is known that may be relied on."""
    losses = np.full((len(trials), len(objectives)), np.nan)
    for row, trial in enumerate(trials):
        if trial.trained:
            for column, value in enumerate(values_of(trial, objectives)):
                if value is not None:
                    losses[row, column] = objectives[column].loss(value)
    return losses
