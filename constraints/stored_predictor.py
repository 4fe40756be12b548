"""Predictors kept on disk as what they were made of: rows, recipe, version and parameters.

Never a pickled model. The file is read, the recipe fitted anew to its rows, and the predictions
compared with those that were stored with it; a predictor that has become another one is refused.
It is refused as well where it would be asked about something else than it was measured for: another
device, network, metric or list of features. Each refusal says what to do.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from .domains import Array
from .errors import PredictorError, did_you_mean
from .latency_network import LatencyNetworkRecipe
from .layerwise.learned_layer import LearnedLayerRecipe
from .layerwise.sparse_polynomial import SparsePolynomialRecipe
from .linear import LinearRecipe
from .log_linear import LogLinearRecipe
from .memory_model import MemoryRecipe
from .predictor import Flags, Predictor, Recipe
from .residual import ResidualRecipe
from .roofline import RooflineRecipe
from .transfer.pooled import TransferRecipe

FORMAT = 1
TOLERANCE = 1e-6  # relative; see profiles.py
REMEDY = "measure a new one (`hyperwatt profile`)"

RECIPES: dict[str, Callable[..., Recipe]] = {
    "linear": LinearRecipe,
    "log-linear": LogLinearRecipe,
    "roofline": RooflineRecipe,
    "memory": MemoryRecipe,
    "residual": ResidualRecipe,
    "layerwise": SparsePolynomialRecipe,
    "learned-layer": LearnedLayerRecipe,
    "transfer": TransferRecipe,
    "latency-network": LatencyNetworkRecipe,
}


@dataclass(frozen=True)
class Origin:
    """What a predictor was measured for.

    Attributes:
        metric: full name (`power_w`).
        device: kind of the device.
        network: identity of the network or the space of networks.
        features: names of the columns.
    """

    metric: str
    device: str
    network: str
    features: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Rows:
    """What was measured.

    Attributes:
        features: `(n, d)`.
        costs: `(n,)`, in the unit of the metric.
        at_least: `(n,)` of bool, rows that say only "at least"; None if there is none.
    """

    features: Array
    costs: Array
    at_least: Flags | None = None

    def fitted(self, recipe: Recipe) -> Predictor:
        """Fit a recipe to them.

        Raises:
            ValueError: if there are rows that say only "at least", and the recipe is another than
                `memory`.
        """
        if self.at_least is None:
            return recipe.fit(self.features, self.costs)
        if not isinstance(recipe, MemoryRecipe):
            raise ValueError(
                f"the recipe {recipe.name!r} has no use for `at_least`; drop those rows or use "
                "'memory'"
            )
        return recipe.fit(self.features, self.costs, self.at_least)


def make_recipe(name: str, parameters: Mapping[str, object]) -> Recipe:
    """A recipe by its name in specs and files.

    Args:
        name: one of `RECIPES`.
        parameters: plain values; a list is read as a tuple.

    Raises:
        ValueError: if there is no such recipe, or it has no such parameter.

    >>> make_recipe("roofline", {"columns": [0, 2]}).columns
    (0, 2)
    """
    if name not in RECIPES:
        raise ValueError(f"no recipe {name!r}; {did_you_mean(name, RECIPES)}")
    frozen = {k: tuple(v) if isinstance(v, list) else v for k, v in parameters.items()}
    try:
        return RECIPES[name](**frozen)
    except TypeError as error:
        raise ValueError(
            f"the recipe {name!r} does not take {dict(parameters)}: {error}"
        ) from error


def parameters_of(recipe: Recipe) -> dict[str, object]:
    """The parameters that make a recipe anew, as plain values.

    >>> parameters_of(LogLinearRecipe(degree=2))
    {'degree': 2}
    """
    named: Any = recipe
    return {
        field.name: getattr(recipe, field.name)
        for field in fields(named)
        if field.name not in ("name", "version")
    }


def save_predictor(path: Path, recipe: Recipe, rows: Rows, origin: Origin) -> Predictor:
    """Fit a recipe and keep it, whole or not at all.

    Args:
        path: of the file.
        recipe: one of `RECIPES`.
        rows: to be fitted.
        origin: what they were measured for.

    Returns:
        The fitted predictor.

    Raises:
        ValueError: if the recipe cannot be found again by its name, or does not take the rows.

    Side effects:
        Makes the file and its folder.
    """
    if make_recipe(recipe.name, parameters_of(recipe)) != recipe:
        raise ValueError(f"the recipe {recipe.name!r} cannot be made anew from its parameters")
    predictor = rows.fitted(recipe)
    content = {
        "format": FORMAT,
        "recipe": {
            "name": recipe.name,
            "version": recipe.version,
            "parameters": parameters_of(recipe),
        },
        "origin": asdict(origin),
        "rows": {
            "features": rows.features.tolist(),
            "costs": rows.costs.tolist(),
            "at_least": None if rows.at_least is None else rows.at_least.tolist(),
        },
        "predicted": predictor.predict(rows.features).mean.tolist(),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(content))
    os.replace(partial, path)
    return predictor


def load_predictor(path: Path, origin: Origin) -> Predictor:
    """Read a predictor, fit it anew and check that it still predicts what it did.

    Args:
        path: of the file.
        origin: what it is wanted for.

    Raises:
        PredictorError: if the file is missing or damaged, of another format, recipe or version, was
            measured for something else, or predicts something else than when it was written.
    """
    content = _read(path)
    recipe = _recipe_of(path, content["recipe"])
    _check_origin(path, content["origin"], origin)
    stored = content["rows"]
    width = len(origin.features)
    features = np.array(stored["features"], dtype=np.float64).reshape(-1, width)
    at_least = None if stored["at_least"] is None else np.array(stored["at_least"], dtype=bool)
    rows = Rows(features, np.array(stored["costs"], dtype=np.float64), at_least)
    try:
        predictor = rows.fitted(recipe)
    except ValueError as error:
        raise PredictorError(f"the predictor {path} is damaged: {error}; {REMEDY}") from error
    now = predictor.predict(features).mean
    if not np.allclose(now, content["predicted"], rtol=TOLERANCE, atol=0.0):
        raise PredictorError(
            f"the predictor {path} predicts other values of {origin.metric} than when it was "
            f"written; {REMEDY}"
        )
    return predictor


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text())
    except FileNotFoundError as error:
        raise PredictorError(f"no predictor at {path}; {REMEDY}") from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise PredictorError(f"the predictor {path} is damaged: {error}; {REMEDY}") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise PredictorError(f"the predictor {path} is not of format {FORMAT}; {REMEDY}")
    lacking = {"recipe", "origin", "rows", "predicted"} - set(content)
    if lacking:
        raise PredictorError(f"the predictor {path} lacks {', '.join(sorted(lacking))}; {REMEDY}")
    return content


def _recipe_of(path: Path, stored: dict[str, Any]) -> Recipe:
    try:
        recipe = make_recipe(stored["name"], stored["parameters"])
    except ValueError as error:
        raise PredictorError(f"the predictor {path} cannot be made: {error}; {REMEDY}") from error
    if recipe.version != stored["version"]:
        raise PredictorError(
            f"the predictor {path} was fitted with version {stored['version']} of "
            f"{recipe.name!r}, this is version {recipe.version}; {REMEDY}"
        )
    return recipe


def _check_origin(path: Path, stored: dict[str, Any], wanted: Origin) -> None:
    there = Origin(**{**stored, "features": tuple(stored["features"])})
    differing = [
        f"{field.name}: {getattr(there, field.name)!r}, wanted {getattr(wanted, field.name)!r}"
        for field in fields(Origin)
        if getattr(there, field.name) != getattr(wanted, field.name)
    ]
    if differing:
        raise PredictorError(
            f"the predictor {path} was measured for something else ({'; '.join(differing)}); "
            "name another file, or " + REMEDY
        )
