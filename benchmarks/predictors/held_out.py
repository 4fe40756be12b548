"""What came of rows left out: predictions with the folds that they belong to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hyperwatt.constraints.calibration import Quality, quality_of
from hyperwatt.constraints.cross_validation import Folds, rmspe
from hyperwatt.constraints.domains import Array
from hyperwatt.constraints.predictor import Prediction


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Predictions of rows left out, beside what was measured.

    Attributes:
        prediction: of all rows.
        measured: `(n,)`.
        folds: `(n,)`.
    """

    prediction: Prediction
    measured: Array
    folds: Folds

    @property
    def quality(self) -> Quality:
        """Over all rows."""
        return quality_of(self.prediction, self.measured)

    def error(self, rows: Array | None = None) -> str:
        """RMSPE of some rows in percent, with its standard error from that of each fold."""
        some = np.arange(len(self.measured)) if rows is None else rows
        mean, measured, folds = self.prediction.mean[some], self.measured[some], self.folds[some]
        each = [rmspe(mean[folds == k], measured[folds == k]) for k in np.unique(folds)]
        spread = np.std(each, ddof=1) / np.sqrt(len(each))
        return f"{100 * rmspe(mean, measured):.2f} +- {100 * spread:.2f} %"
