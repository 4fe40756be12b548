"""How long candidates would train, learned from those that did.

    log(seconds) = a ridge regression on the surrogate's features, or on their products of pairs

whichever predicts better what was left out.
"""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import RidgeCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from ..constraints.domains import Array
from ..constraints.features import surrogate_features
from ..constraints.space import Space
from .history import History

LEAST_ROWS = 5  # fewer say nothing of what a candidate changes
MOST_ROWS = (
    1000  # the last so many: a time model is soon good enough, and a suggestion waits for it
)
PENALTIES = np.geomspace(1e-3, 1e3, 13)
BEYOND = 3.0  # no prediction is farther than this factor from all that was seen


def predict_seconds(space: Space, history: History, units: Array) -> Array:
    """Predict how long candidates would train.

    Args:
        space: of the candidates.
        history: with the seconds of those that were trained.
        units: `(m, d)`.

    Returns:
        `(m,)`, above 0; the same for all while too little is known, 1 if nothing is.
    """
    known = np.flatnonzero(np.isfinite(history.seconds) & (history.seconds > 0))[-MOST_ROWS:]
    logs = np.log(history.seconds[known])
    if len(known) < LEAST_ROWS:
        return np.full(len(units), np.exp(np.median(logs)) if len(known) else 1.0)
    features = surrogate_features(space, history.units[known])
    model = max((_fitted(features, logs, degree) for degree in (1, 2)), key=_left_out_score)
    predicted = model.predict(surrogate_features(space, units))
    reach = np.log(BEYOND)
    return np.asarray(np.exp(np.clip(predicted, logs.min() - reach, logs.max() + reach)))


def _fitted(features: Array, logs: Array, degree: int) -> Pipeline:
    powers = PolynomialFeatures(degree, include_bias=False)
    return make_pipeline(powers, StandardScaler(), RidgeCV(PENALTIES)).fit(features, logs)


def _left_out_score(model: Pipeline) -> float:
    """How well rows were predicted that were left out, one at a time; more is better."""
    return float(model[-1].best_score_)
