"""How long a full training of each candidate takes, also of one that was cut short.

One that was stopped early counts as if it had gone on at the same pace, or bad candidates, which
are stopped first, would look quick.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..constraints.domains import Array
from .events import Completed
from .state import Trial


def full_training_s(trials: Sequence[Trial]) -> Array:
    """Seconds of a full training of each, `(n,)`; NaN of one without a report.

    The last epoch of a full training is the farthest that one of them completed, or got to.
    """
    complete = [t for t in trials if t.reports and isinstance(t.end, Completed)]
    reached = [t.reports[-1].epoch for t in complete or trials if t.reports]
    last_epoch = max(reached, default=0)
    return np.array([_seconds(trial, last_epoch) for trial in trials])


def _seconds(trial: Trial, last_epoch: int) -> float:
    if not trial.reports:
        return float("nan")
    seconds = sum(report.duration_s for report in trial.reports)
    if isinstance(trial.end, Completed):
        return seconds
    return seconds / trial.reports[-1].epoch * max(last_epoch, trial.reports[-1].epoch)
