"""How well costs are predicted: ten folds over the random networks, HyperPower's model beside.

Each space is judged by itself, as a sweep sees it. What a sweep uses makes its choices within the
rows of each fit: those that it is judged on had no part in them. Then all groups together, on
traced work alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from hyperwatt.constraints.calibration import group_folds
from hyperwatt.constraints.cross_validation import cross_predict, mean_fit, rmspe
from hyperwatt.constraints.domains import Array
from hyperwatt.constraints.on_columns import OnColumns
from hyperwatt.constraints.predictor import Recipe
from hyperwatt.constraints.roofline import RooflineRecipe
from hyperwatt.experiments.contest import contestants, traced_columns
from hyperwatt.experiments.traced_recipe import of_traced

from .chunk import Bench, Finding, done
from .measured_network import INFERENCE, TRAINING, values_of
from .profile import PROFILE, TRAININGS
from .random_networks import SPECS
from .subject import Subject
from .traced_work import NAMES, models_of, table_of, work_of

GOALS = {"power_w": 0.05, "memory_bytes": 0.03, "latency_s": 0.08}
LEAST = 10  # networks; with fewer, ten folds are noise
SEED = 0
ALL = "all groups"
SWEEP = "as a sweep predicts"
LINEAR = "HyperPower's linear model"


class Predictors:
    """See `Chunk`; a piece is made anew when more networks are measured."""

    name = "predictors"
    title = "Predictors, ten folds"

    def hindrance(self, bench: Bench) -> str:
        """Enough networks are needed."""
        if self.pieces(bench):
            return ""
        return f"fewer than {LEAST} networks of any group were measured"

    def pieces(self, bench: Bench) -> Sequence[str]:
        """One a group and metric, named with the number of networks."""
        found = []
        for metric in (*INFERENCE, *TRAINING):
            for group in (*SPECS, ALL):
                count = len(measured(bench, group, metric))
                if count >= LEAST:
                    found.append(f"{metric}, {group}, {count} networks")
        return found

    def run(self, bench: Bench, piece: str) -> dict[str, Any]:
        """Judge all predictors of one metric on one group."""
        metric, group, _ = piece.split(", ")
        pieces = measured(bench, group, metric)
        with threadpool_limits(limits=1):  # on small tables, more only wait for each other
            errors = _pooled(bench, pieces, metric) if group == ALL else _judge(
                bench, group, pieces, metric
            )  # fmt: skip
        return {"metric": metric, "group": group, "networks": len(pieces), "rmspe": errors}

    def findings(self, bench: Bench) -> list[Finding]:
        """One a piece; a simulated device has no accuracy."""
        return [_finding(bench, piece) for piece in done(bench, self).values()]


def measured(bench: Bench, group: str, metric: str) -> list[dict[str, Any]]:
    """Measured networks of a group of which a metric can teach."""
    chunk = TRAININGS if metric.startswith("train_") else PROFILE
    found = []
    for piece in done(bench, chunk).values():
        value = values_of(piece, metric)
        inside = group in (ALL, piece["subject"]["group"])
        if inside and value is not None and value.teaches() and value.value > 0:
            found.append(piece)
    return found


def work_rows(bench: Bench, pieces: Sequence[Mapping[str, Any]]) -> Array:
    """Traced work of networks, `(n, 14)`."""
    return np.array([work_of(Subject.from_dict(one["subject"]), bench.device) for one in pieces])


def batch_costs(pieces: Sequence[Mapping[str, Any]], metric: str) -> Array:
    """Measured costs `(n,)` of a whole batch, as the traced work is; energy is told for an item."""
    values: Array = np.array([one["measured"][metric]["value"] for one in pieces], dtype=np.float64)
    if metric != "energy_j":
        return values
    images: Array = np.array([one["subject"]["batch_size"] for one in pieces], dtype=np.float64)
    return values * images


def _judge(
    bench: Bench, group: str, pieces: Sequence[dict[str, Any]], metric: str
) -> dict[str, float]:
    """RMSPE of each predictor on one space."""
    models, table = models_of(group, pieces, bench.device), table_of(pieces)
    candidates, costs = table.for_metric(metric)
    features = models.features(candidates)
    folds = group_folds([c.key for c in candidates], np.random.default_rng(SEED))
    recipes: dict[str, Recipe] = {SWEEP: of_traced(models.encoding.names, metric)}
    for one in contestants(models, metric):
        recipes[one.title] = OnColumns(one.recipe, one.columns)
    return {
        title: rmspe(cross_predict(mean_fit(recipe), features, costs, folds), costs)
        for title, recipe in recipes.items()
    }


def _pooled(bench: Bench, pieces: Sequence[dict[str, Any]], metric: str) -> dict[str, float]:
    """RMSPE of what sees traced work alone, on all groups."""
    work, costs = work_rows(bench, pieces), batch_costs(pieces, metric)
    folds = group_folds(range(len(costs)), np.random.default_rng(SEED))
    recipes: dict[str, Recipe] = {SWEEP: of_traced(NAMES, metric)}
    if not metric.endswith("memory_bytes"):
        columns = traced_columns(NAMES, metric)[1]
        recipes["roofline of traced work"] = OnColumns(RooflineRecipe(), columns)
    return {
        title: rmspe(cross_predict(mean_fit(recipe), work, costs, folds), costs)
        for title, recipe in recipes.items()
    }


def _finding(bench: Bench, piece: Mapping[str, Any]) -> Finding:
    errors = {title: f"{100 * error:.2f} %" for title, error in piece["rmspe"].items()}
    what = f"{piece['metric']}, {piece['group']}, {piece['networks']} networks"
    beside = "; ".join(f"{title} {error}" for title, error in errors.items() if title != SWEEP)
    goal = GOALS.get(piece["metric"])
    if bench.simulated:
        return Finding(what, f"{errors[SWEEP]} from the simulation's formula", beside=beside)
    if goal is None:
        return Finding(what, f"RMSPE {errors[SWEEP]}", beside=beside)
    reached = piece["rmspe"][SWEEP] <= goal if bench.telling else None
    return Finding(what, f"RMSPE {errors[SWEEP]}", f"{100 * goal:g} %", reached, beside)
