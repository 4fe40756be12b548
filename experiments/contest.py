"""Predictors of one metric side by side, judged on measurements left out.

The parts stand beside the whole: HyperPower's linear model first, then what a sweep with the
`hyperwatt` strategy would choose from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..constraints.calibration import (
    CurvePoint,
    Quality,
    cross_validate,
    group_folds,
    learning_curve,
    quality_of,
)
from ..constraints.cost_models import CostModels, CostTable
from ..constraints.cross_validation import Folds
from ..constraints.domains import Array
from ..constraints.encoding import StructuralEncoding
from ..constraints.linear import LinearRecipe
from ..constraints.log_linear import LogLinearRecipe
from ..constraints.memory_model import MemoryRecipe
from ..constraints.predictor import Prediction, Recipe
from ..constraints.residual import MARGIN, ResidualRecipe, log_error
from ..constraints.roofline import RooflineRecipe
from ..constraints.row_checks import row_warnings, suspicious_unit
from ..constraints.tracing.work_features import WORK_FEATURES

CURVE = (10, 20, 40, 80, 160, 320)  # measurements
TINY = 1e-12


@dataclass(frozen=True)
class Contestant:
    """A way to predict a metric.

    Attributes:
        title: for people.
        recipe: fitted to the columns.
        columns: features that it sees.
    """

    title: str
    recipe: Recipe
    columns: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Judged:
    """A contestant with what it predicted of measurements left out.

    Attributes:
        contestant: that was judged.
        prediction: of each row by the folds without it.
        quality: of that.
        error: root mean square of the logarithm's error; decides.
    """

    contestant: Contestant
    prediction: Prediction
    quality: Quality
    error: float


@dataclass(frozen=True, eq=False)
class Contest:
    """All contestants for one metric.

    Attributes:
        metric: full name.
        names: of the features.
        features: `(n, D)`.
        costs: `(n,)`, measured.
        judged: in the order of contestants.
        curve: of the picked one, by number of measurements.
        warnings: of the rows: what makes them teach less than they seem to.
    """

    metric: str
    names: tuple[str, ...]
    features: Array
    costs: Array
    judged: Sequence[Judged]
    curve: Sequence[CurvePoint]
    warnings: Sequence[str]

    @property
    def picked(self) -> Judged:
        """The one of least error; a later one has to win by a margin."""
        return pick(self.judged)


def pick(judged: Sequence[Judged]) -> Judged:
    """The one of least error; a later one has to win by a margin."""
    best = judged[0]
    for one in judged[1:]:
        if one.error < best.error * (1 - MARGIN):
            best = one
    return best


def hold_contest(models: CostModels, table: CostTable, metric: str, seed: int) -> Contest:
    """Judge every contestant for a metric.

    Args:
        models: whose encoding is seen.
        table: of measurements.
        metric: full name.
        seed: of folds and draws.

    Raises:
        ValueError: if there are too few measurements, or one is not positive.
    """
    candidates, costs = table.for_metric(metric)
    features = models.features(candidates)
    names = models.encoding.names
    keys = [candidate.key for candidate in candidates]
    folds = group_folds(keys, np.random.default_rng(seed))
    judged = [
        _judge(contestant, features, costs, folds) for contestant in contestants(models, metric)
    ]
    best = pick(judged).contestant
    sizes = [size for size in CURVE if size <= 0.8 * len(costs)]
    curve = learning_curve(
        best.recipe, features[:, list(best.columns)], costs,
        sizes=sizes, groups=keys, rng=np.random.default_rng(seed), repeats=3,
    )  # fmt: skip
    seen = list(best.columns)
    warnings = list(row_warnings(features[:, seen], costs, [names[k] for k in seen]))
    unit = suspicious_unit(metric, costs)
    return Contest(metric, names, features, costs, judged, curve,
                   [*([unit] if unit else []), *warnings])  # fmt: skip


def contestants(models: CostModels, metric: str) -> list[Contestant]:
    """What can predict a metric, HyperPower's model first."""
    encoding = models.encoding
    structural = encoding if isinstance(encoding, StructuralEncoding) else None
    width = len(encoding.names) - (0 if structural else _traced_width(encoding.names))
    z = tuple(range(width))
    found = [
        Contestant("linear in hyper-parameters (HyperPower)", LinearRecipe(), z),
        Contestant("log-linear in hyper-parameters", LogLinearRecipe(1), z),
    ]
    if structural is not None:
        learned = ResidualRecipe(("log-linear", "log-linear-2"))
        return [*found, Contestant("learned from hyper-parameters", learned, z)]
    peak, work = traced_columns(encoding.names, metric)
    if metric.endswith("memory_bytes"):
        return [
            *found,
            Contestant("traced peak, corrected", MemoryRecipe(), (peak,)),
            Contestant("residual of traced peak and work", ResidualRecipe(), (peak, *work)),
        ]
    return [
        *found,
        Contestant("roofline of traced work", RooflineRecipe(), work),
        Contestant("residual of traced work", ResidualRecipe(), work),
    ]


def traced_columns(names: Sequence[str], metric: str) -> tuple[int, tuple[int, ...]]:
    """Columns of the traced peak and of additive work that a metric depends on."""
    phase = "training" if metric.startswith("train_") else "inference"
    at = {name: k for k, name in enumerate(names)}
    work = tuple(at[f"{phase}.{name}"] for name in WORK_FEATURES if name != "peak_bytes")
    return at[f"{phase}.peak_bytes"], work


def _traced_width(names: Sequence[str]) -> int:
    return sum(name.startswith(("inference.", "training.")) for name in names)


def _judge(contestant: Contestant, features: Array, costs: Array, folds: Folds) -> Judged:
    seen = features[:, list(contestant.columns)]
    prediction = cross_validate(contestant.recipe, seen, costs, folds)
    error = log_error(np.log(np.maximum(prediction.mean, TINY)), costs)
    return Judged(contestant, prediction, quality_of(prediction, costs), error)
