"""One table of rows of many devices, and one model of them all.

Column 0 of the features is the number of the device; the others describe the candidate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ..domains import Array
from ..errors import did_you_mean
from ..linear import LinearRecipe
from ..log_linear import LogLinearRecipe
from ..predictor import Prediction, Recipe
from ..residual import ResidualRecipe
from ..roofline import RooflineRecipe
from ..row_checks import check_features, check_rows
from .fleet import AdaptedModel, Fleet, learn_fleet
from .shapes import DeviceRows

SOURCE_ROWS = 100  # a guess: a device with fewer is adapted and teaches no shape

BASES: Mapping[str, Callable[[], Recipe]] = {
    "linear": LinearRecipe,
    "log-linear": lambda: LogLinearRecipe(1),
    "log-linear-2": lambda: LogLinearRecipe(2),
    "roofline": RooflineRecipe,
    "residual": ResidualRecipe,
}


@dataclass(frozen=True, eq=False)
class PooledModel:
    """A cost model of several devices; column 0 of the features is the device.

    Attributes:
        fleet: answers for a device without rows.
        models: by number of the device.
    """

    fleet: Fleet
    models: Mapping[int, AdaptedModel]

    def predict(self, features: Array) -> Prediction:
        """A device that was never measured is the mean device, and marked as extrapolated."""
        check_features(features, 1 + len(self.fleet.shapes.seen.low))
        mean, std = np.empty(len(features)), np.empty(len(features))
        outside = np.zeros(len(features), dtype=bool)
        unseen = self.fleet.adapt(features[:0, 1:], np.zeros(0))
        for device in np.unique(features[:, 0]):
            at = features[:, 0] == device
            model = self.models.get(int(device), unseen)
            part = model.predict(features[at, 1:])
            mean[at], std[at] = part.mean, part.std
            outside[at] = part.extrapolated | (model is unseen)
        return Prediction(mean, std, outside)

    def describe(self) -> str:
        """Devices and rows."""
        rows, sources = self.fleet.rows
        few = [model.rows for model in self.models.values()]
        return f"pooled over {len(few)} devices, {sources} of them sources with {rows} measurements"


@dataclass(frozen=True)
class TransferRecipe:
    """Fits a `PooledModel`; column 0 of the features is the number of the device.

    Attributes:
        base: how a source is modelled, one of `BASES`.
        source_rows: a device with as many rows is a source.
        name: in stored predictors.
        version: of the fit.
    """

    base: str = "residual"
    source_rows: int = SOURCE_ROWS
    name: str = "transfer"
    version: int = 1

    def __post_init__(self) -> None:
        if self.base not in BASES:
            raise ValueError(f"no base {self.base!r}; {did_you_mean(self.base, BASES)}")

    def fit(self, features: Array, costs: Array) -> PooledModel:
        """Learn from the devices with many rows, adapt to each.

        Raises:
            ValueError: also if fewer than two devices have `source_rows` rows.
        """
        check_rows(features, costs, logs=True)
        devices = {
            int(number): DeviceRows(features[at, 1:], costs[at])
            for number in np.unique(features[:, 0])
            for at in [features[:, 0] == number]
        }
        sources = [rows for rows in devices.values() if len(rows.costs) >= self.source_rows]
        fleet = learn_fleet(sources, BASES[self.base]())
        models = {n: fleet.adapt(rows.features, rows.costs) for n, rows in devices.items()}
        return PooledModel(fleet, models)
