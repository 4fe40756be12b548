"""Which parameters matter: by how much a forest's prediction suffers when one is shuffled.

Shuffled is the parameter, not its columns, so that a choice of many values counts as one. A forest
that predicts nothing has no importances to tell of: its score on trials left out stands beside. It
is learned anew when the trials have grown by a fifth, many trials when they have doubled, so that a
page can follow a run.

References:
    [Breiman2001] L. Breiman. Random Forests. Machine Learning 45, 2001: permutation importance.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from scipy.stats import rankdata
from sklearn.ensemble import RandomForestRegressor
from sklearn.inspection import permutation_importance
from sklearn.model_selection import KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from ...constraints.domains import Array
from ...constraints.features import surrogate_features
from ...constraints.growth import refit_at
from ...orchestrator.plan import Plan
from .columns import Column, rounded
from .drawing import Rows
from .run_data import RunData

MANY, DOUBLED = 200, 2.0  # with fewer trials a forest is quickly learned
LEAST_TRIALS = 20  # fewer teach a forest nothing
MOST_TRIALS = 500  # at double, twice as long; which parameters matter is known by then
TREES, SHUFFLES, FOLDS = 60, 5, 3


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
    candidates = run.state.trials
    by_candidate = {candidates[row["id"]].candidate: row for row in run.trials if column.key in row}
    known = list(
        by_candidate.values()
    )  # a candidate that was measured twice would be left out once
    if len(known) < LEAST_TRIALS:
        return None
    first = known[: _learned_from(len(known))]
    chosen = np.unique(np.linspace(0, len(first) - 1, min(len(first), MOST_TRIALS)).astype(int))
    values = np.array([first[i][column.key] for i in chosen])
    if np.ptp(values) == 0:
        return None
    space = run.plan.space
    units = space.encode([run.state.trials[first[i]["id"]].candidate for i in chosen])
    score, shares = _learned(run.plan, units.tobytes(), values.tobytes())
    order = np.argsort(-shares, kind="stable")
    named = {space.names[i]: float(shares[i]) for i in order}
    return Importance(column.title, max(score, 0.0), named, len(values))


def _learned_from(count: int) -> int:
    """How many of the first trials a forest is learned from."""
    return refit_at(count) if count < MANY else max(refit_at(MANY), refit_at(count, DOUBLED))


@lru_cache(maxsize=32)
def _learned(plan: Plan, units: bytes, values: bytes) -> tuple[float, Array]:
    """Score of a forest, and the shares of the parameters; the last few are remembered."""
    y = np.frombuffer(values)
    X = np.frombuffer(units).reshape(len(y), -1)
    forest = make_pipeline(
        FunctionTransformer(partial(surrogate_features, plan.space)),
        RandomForestRegressor(TREES, min_samples_leaf=2, random_state=0),
    )
    folds = KFold(FOLDS, shuffle=True, random_state=0)  # a search drifts
    ranks = rankdata(y) / len(y)  # of values, an outlier would be all that matters
    score = float(np.mean(cross_val_score(forest, X, ranks, cv=folds)))
    lost = permutation_importance(
        forest.fit(X, ranks), X, ranks, n_repeats=SHUFFLES, random_state=0
    ).importances_mean
    lost = np.maximum(lost, 0.0)
    return score, lost / (lost.sum() or 1.0)
