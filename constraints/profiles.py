"""Profiles: measured costs kept on disk, from which a later sweep starts.

A profile holds rows, recipes and versions, never a pickled model. It is fitted anew when loaded,
and its predictions are checked against those stored with it. A sweep that predicts with another
recipe takes the rows alone: what was measured stays true.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .candidate import Candidate
from .cost_models import CostModels, CostRow, CostTable
from .errors import PredictorError
from .measurement import Measurement
from .predictor import Recipe

VERSION = 2
TOLERANCE = 1e-6  # relative; other BLAS builds differ by about 1e-12, another recipe by far more


def save_profile(
    path: Path,
    table: CostTable,
    models: CostModels,
    *,
    metrics: Sequence[str],
    setting: Mapping[str, object],
) -> None:
    """Write a profile, whole or not at all.

    Args:
        path: of the file.
        table: what was measured.
        models: that are fitted from it.
        metrics: to be predicted.
        setting: under which it was measured (task, network, batch size); plain values.

    Side effects:
        Makes the file and its folder.
    """
    fitted = models.predictors(table, metrics)
    features = models.features([row.candidate for row in table.rows])
    content = {
        "version": VERSION,
        "recipes": {metric: _identity(models.recipe_of(metric)) for metric in metrics},
        "setting": dict(setting),
        "parameters": list(models.space.names),
        "metrics": list(metrics),
        "rows": [
            {"candidate": dict(row.candidate), "costs": [m.to_dict() for m in row.costs.values()]}
            for row in table.rows
        ],
        "predicted": {m: p.predict(features).mean.tolist() for m, p in fitted.items()},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(content, indent=1))
    os.replace(partial, path)


def load_profile(
    path: Path, models: CostModels, *, metrics: Sequence[str], setting: Mapping[str, object]
) -> CostTable:
    """Read a profile and check that it still predicts what it did.

    Args:
        path: of the file.
        models: to be fitted from it.
        metrics: that it must hold.
        setting: under which it must have been measured.

    Raises:
        PredictorError: if the file is missing, of another version, space or setting, fitted with
            another version of a recipe, lacks a metric, or if the models fitted from it predict
            something else than they did when it was written.
    """
    content = _read(path)
    _check_use(content, metrics, setting, path)
    _check_origin(content, models, metrics, path)
    rows = []
    for row in content["rows"]:
        measured = [Measurement.from_dict(cost) for cost in row["costs"]]
        rows.append(CostRow(Candidate(row["candidate"]), {m.metric: m for m in measured}))
    table = CostTable(tuple(rows))
    try:
        features = models.features([row.candidate for row in rows])
    except ValueError as error:
        raise PredictorError(
            f"the profile {path} was measured in another space: {error}"
        ) from error
    same = [metric for metric in metrics if _is_same_recipe(content, models, metric)]
    for metric, predictor in models.predictors(table, same).items():
        now = predictor.predict(features).mean
        if not np.allclose(now, content["predicted"][metric], rtol=TOLERANCE, atol=0.0):
            raise PredictorError(
                f"the profile {path} predicts other values of {metric} than when it was written; "
                "measure a new one (`profile.candidates`)"
            )
    return table


def _identity(recipe: Recipe) -> dict[str, object]:
    return {"name": recipe.name, "version": recipe.version}


def _is_same_recipe(content: dict[str, Any], models: CostModels, metric: str) -> bool:
    return bool(content["recipes"][metric] == _identity(models.recipe_of(metric)))


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise PredictorError(f"no profile at {path}; name a run's `predictors/*.json`") from error
    except json.JSONDecodeError as error:
        raise PredictorError(f"the profile {path} is damaged: {error}") from error
    if isinstance(content, dict) and content.get("version") == 1:  # one recipe for all metrics
        recipe = content.pop("recipe")
        content |= {"version": VERSION, "recipes": dict.fromkeys(content["metrics"], recipe)}
    if not isinstance(content, dict) or content.get("version") != VERSION:
        raise PredictorError(f"the profile {path} is not of version {VERSION}; measure a new one")
    return content


def _check_origin(
    content: dict[str, Any], models: CostModels, metrics: Sequence[str], path: Path
) -> None:
    for metric in metrics:
        recipe = content["recipes"][metric]
        ours = _identity(models.recipe_of(metric))
        if recipe["name"] == ours["name"] and recipe != ours:
            raise PredictorError(
                f"the profile {path} was fitted with {recipe}, this version has {ours}; "
                "measure a new one (`profile.candidates`)"
            )
    if sorted(content["parameters"]) != sorted(models.space.names):
        differing = sorted(set(content["parameters"]) ^ set(models.space.names))
        raise PredictorError(
            f"the profile {path} was measured in another space; differing: {', '.join(differing)}"
        )


def _check_use(
    content: dict[str, Any], metrics: Sequence[str], setting: Mapping[str, object], path: Path
) -> None:
    lacking = [metric for metric in metrics if metric not in content["predicted"]]
    if lacking:
        raise PredictorError(
            f"the profile {path} has no predictor of {', '.join(lacking)}; measure a new one "
            "(`profile.candidates`)"
        )
    differing = sorted(k for k in {*setting, *content["setting"]}
                       if setting.get(k) != content["setting"].get(k))  # fmt: skip
    if differing:
        there = {key: content["setting"].get(key) for key in differing}
        raise PredictorError(
            f"the profile {path} was measured under another {', '.join(differing)}: {there}, this "
            f"sweep has { ({key: setting.get(key) for key in differing}) }"
        )
