"""Which parameters matter: by how much a forest's prediction suffers when one is shuffled.

Shuffled is the parameter, not its columns, so that a choice of many values counts as one. A forest
that predicts nothing has no importances to tell of: its score on trials left out stands beside.

References:
    [Breiman2001] L. Breiman. Random Forests. Machine Learning 45, 2001: permutation importance.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import permutation_importance
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from ...constraints.domains import Array
from ...constraints.features import surrogate_features
from ...constraints.space import Space
from .columns import Column, rounded
from .drawing import Rows
from .run_data import RunData

LEAST_TRIALS = 20  # fewer teach a forest nothing
MOST_TRIALS = 1500  # at double, twice as long; which parameters matter is known by then
TREES, SHUFFLES, FOLDS = 100, 5, 3


@dataclass(frozen=True)
class Importance:
    """Of one metric.

    Attributes:
        title: of the metric.
        score: R2 on trials left out; at most 1, and 0 where nothing is predicted.
        shares: by parameter, of what shuffling each one costs; they add up to 1.
        trials: that it was learned from.
    """

    title: str
    score: float
    shares: dict[str, float]
    trials: int


def importances(run: RunData) -> list[Importance]:
    """Of the first objective and of each measured cost, those with too few trials left out."""
    columns = {c.title: c for c in (run.columns.objectives[0], *run.columns.costs)}
    return [one for one in (_importance(run, c) for c in columns.values()) if one is not None]


def importance_rows(found: list[Importance]) -> Rows:
    """One row a metric and parameter, in percent."""
    return [
        {"metric": one.title, "parameter": name, "share": rounded(100 * share)}
        for one in found
        for name, share in one.shares.items()
    ]


def _importance(run: RunData, column: Column) -> Importance | None:
    known = [trial for trial in run.trials if column.key in trial]
    ids = [row["id"] for row in known]
    if len(ids) < LEAST_TRIALS:
        return None
    chosen = np.unique(np.linspace(0, len(ids) - 1, min(len(ids), MOST_TRIALS)).astype(int))
    values = np.array([known[i][column.key] for i in chosen])
    if np.ptp(values) == 0:
        return None
    candidates = [run.state.trials[ids[i]].candidate for i in chosen]
    space = run.plan.space
    units = space.encode(candidates)
    forest = make_pipeline(
        FunctionTransformer(partial(_columns_of, space)),
        RandomForestRegressor(TREES, min_samples_leaf=2, random_state=0),
    )
    ranks = np.argsort(np.argsort(values)) / len(values)  # an outlier would be all that matters
    score = float(np.mean(cross_val_score(forest, units, ranks, cv=FOLDS)))
    lost = permutation_importance(
        forest.fit(units, ranks), units, ranks, n_repeats=SHUFFLES, random_state=0
    ).importances_mean
    shares = np.maximum(lost, 0.0) / (np.maximum(lost, 0.0).sum() or 1.0)
    order = np.argsort(-shares, kind="stable")
    named = {space.names[i]: float(shares[i]) for i in order}
    return Importance(column.title, max(score, 0.0), named, len(values))


def _columns_of(space: Space, units: Array) -> Array:
    return surrogate_features(space, units)
