"""Profiles from other kinds of devices, of which a sweep's cost models are told."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..constraints.best_of import BestOf
from ..constraints.cost_models import CostModels, CostTable
from ..constraints.predictor import Recipe
from ..constraints.profiles import load_profile
from ..constraints.transfer.carried import CarriedRecipe, Source
from .problem import problem_of
from .run_folder import RunFolder
from .spec import Spec


def read_elsewhere(spec: Spec, models: CostModels) -> list[Path]:
    """The profiles that a spec names, each looked at.

    Raises:
        PredictorError: if one is missing, damaged, or of another space or setting.
    """
    named = [Path(path) for path in spec.profile.elsewhere]
    files = [RunFolder(path).predictors if path.is_dir() else path for path in named]
    for file in files:
        _load(spec, models, file)
    return files


def keep_elsewhere(files: Sequence[Path], folder: Path) -> None:
    """Copy profiles into a run, which needs them whenever it is resumed.

    Side effects:
        Makes the folder, if there are any.
    """
    for number, file in enumerate(files):
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, folder / f"{number:03d}.json")


def with_elsewhere(spec: Spec, models: CostModels, folder: Path) -> CostModels:
    """Cost models that may carry over what the profiles of a folder say; the same without any.

    Args:
        spec: checked.
        models: of this device alone.
        folder: of the run's profiles from elsewhere.
    """
    tables = [_load(spec, models, file) for file in sorted(folder.glob("*.json"))]
    metrics = tuple(spec.budget)
    fitted = [(table, models.predictors(table, metrics)) for table in tables]
    sources = {
        metric: tuple(
            Source(there[metric], float(table.for_metric(metric)[1].min()))
            for table, there in fitted
            if metric in there
        )
        for metric in metrics
    }

    def recipe_of(metric: str) -> Recipe:
        return _carrying(sources, models.recipe_of(metric), metric)

    return replace(models, recipe_of=recipe_of, settled={}) if tables else models


def _carrying(sources: Mapping[str, tuple[Source, ...]], recipe: Recipe, metric: str) -> Recipe:
    there = sources.get(metric, ())
    if not there:
        return recipe
    return BestOf((CarriedRecipe(there), recipe), name="best or carried")


def _load(spec: Spec, models: CostModels, file: Path) -> CostTable:
    return load_profile(
        file, models, metrics=tuple(spec.budget), setting=problem_of(spec).setting()
    )
