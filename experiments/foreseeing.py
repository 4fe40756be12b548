"""What one network would cost, layer by layer, without building its weights or needing the device.

The trace says what the network does. A profile of a device says what that costs there: its picked
predictors give the totals, and prices of work divide them among the layers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..constraints.domains import Array
from ..constraints.errors import PredictorError
from ..constraints.metrics import COSTS
from ..constraints.predictor import Predictor
from ..constraints.roofline import RooflineModel
from ..constraints.stored_predictor import Origin, load_predictor
from ..constraints.tracing.network_trace import Layer, NetworkTrace, Work
from ..constraints.tracing.work_features import layer_matrix, work_features
from .profiling import LAYERS


@dataclass(frozen=True)
class Foreseen:
    """A predicted cost.

    Attributes:
        metric: full name.
        mean: in its unit.
        std: spread of the error to expect.
        extrapolated: whether the network lies outside what was measured.
        describes: the predictor.
    """

    metric: str
    mean: float
    std: float
    extrapolated: bool
    describes: str


@dataclass(frozen=True, eq=False)
class Outlook:
    """What a network would cost.

    Attributes:
        trace: what it does.
        device: kind of the device that was profiled; None without a profile.
        totals: predicted costs by metric.
        shares: by metric, of each layer, `(layers,)`, in the unit of the metric; what is fixed
            (launch, context) belongs to no layer.
    """

    trace: NetworkTrace
    device: str | None = None
    totals: Mapping[str, Foreseen] = field(default_factory=dict)
    shares: Mapping[str, Array] = field(default_factory=dict)

    def bottleneck(self) -> tuple[Layer, str] | None:
        """The layer that takes the longest, or without a prediction moves the most bytes.

        None if the network has no layer.
        """
        if not self.trace.layers:
            return None
        if "latency_s" in self.shares:
            return self.trace.layers[int(np.argmax(self.shares["latency_s"]))], "time"
        traffic = [layer.traffic_bytes for layer in self.trace.layers]
        return self.trace.layers[int(np.argmax(traffic))], "traffic"


@dataclass(frozen=True, eq=False)
class DeviceProfile:
    """Stored predictors of one kind of device.

    Attributes:
        folder: that holds them.
        device: kind.
        network: what they were measured for.
        metrics: that they predict.
    """

    folder: Path
    device: str
    network: str
    metrics: tuple[str, ...]

    @staticmethod
    def find(path: Path, device: str | None = None) -> DeviceProfile:
        """The profile in a folder, or the only one in a run.

        Args:
            path: `predictors/<device>`, or a run's folder.
            device: kind, where a run has several.

        Raises:
            PredictorError: if there is none, or several; says what there is.
        """
        found = [_opened(folder) for folder in _candidates(path)]
        if device is not None:
            found = [profile for profile in found if profile.device == device]
        if len(found) == 1:
            return found[0]
        kinds = ", ".join(profile.folder.name for profile in found) or "none"
        raise PredictorError(
            f"`--profile` must name the predictors of one device, {path} has {kinds}; make some "
            "with `hyperwatt profile`, or name the folder of one"
        )

    def load(self, metric: str, names: Sequence[str], *, part: str = "") -> Predictor:
        """A predictor, refitted and checked.

        Args:
            metric: full name.
            names: of all features there are.
            part: of the file's name.

        Raises:
            PredictorError: if it needs features that are not there, or does not load.
        """
        path = self.folder / f"{metric}{part}.json"
        needed = tuple(json.loads(path.read_text())["origin"]["features"])
        lacking = sorted(set(needed) - set(names))
        if lacking:
            raise PredictorError(
                f"the predictor {path} sees {', '.join(lacking)}, which this network does not "
                "have; profile the space it belongs to"
            )
        return load_predictor(path, Origin(metric, self.device, self.network, needed))


def foresee(
    trace: NetworkTrace,
    profile: DeviceProfile | None,
    hyper_parameters: Mapping[str, float],
    *,
    network: str | None = None,
) -> Outlook:
    """Predict what a traced network costs.

    Args:
        trace: of the network.
        profile: of the device; None tells only what the network does.
        hyper_parameters: by name of the feature, for predictors that see them.
        network: what predictors of it must be measured for; None takes those of any, as far as
            they see traced work alone.

    Raises:
        PredictorError: if a predictor does not fit the network.
    """
    if profile is None:
        return Outlook(trace)
    if network is not None and network != profile.network:
        raise PredictorError(
            f"the predictors in {profile.folder} were measured for {profile.network}, not for "
            f"{network}; profile that with `hyperwatt profile`"
        )
    features = {**hyper_parameters, **traced_features(trace)}
    totals = {}
    for metric in profile.metrics:
        phase = trace.training if metric.startswith("train_") else trace.inference
        if phase is not None:
            totals[metric] = _total(profile, metric, features)
    shares = {}
    for metric in ("latency_s", "energy_j"):
        if (profile.folder / f"{metric}.{LAYERS}.json").is_file() and metric in totals:
            shares[metric] = _by_layer(profile, metric, trace, totals[metric].mean)
    return Outlook(trace, profile.device, totals, shares)


def traced_features(trace: NetworkTrace) -> dict[str, float]:
    """Traced work by name of the feature."""
    phases: dict[str, Work | None] = {"inference": trace.inference, "training": trace.training}
    return {
        f"{phase}.{name}": value
        for phase, work in phases.items()
        if work is not None
        for name, value in work_features(work).items()
    }


def _total(profile: DeviceProfile, metric: str, features: Mapping[str, float]) -> Foreseen:
    predictor = profile.load(metric, list(features))
    needed = json.loads((profile.folder / f"{metric}.json").read_text())["origin"]["features"]
    row = np.array([[features[name] for name in needed]])
    seen = predictor.predict(row)
    return Foreseen(metric, float(seen.mean[0]), float(seen.std[0]), bool(seen.extrapolated[0]),
                    predictor.describe())  # fmt: skip


def _by_layer(profile: DeviceProfile, metric: str, trace: NetworkTrace, total: float) -> Array:
    """Prices of work, scaled so that layers and what is fixed add up to the predicted total."""
    model = profile.load(metric, list(traced_features(trace)), part=f".{LAYERS}")
    assert isinstance(model, RooflineModel)  # stored as such
    layers = layer_matrix(trace.layers)
    parts = layers @ model.prices
    whole = float(parts.sum() + model.fixed)
    return np.asarray(parts * (total / whole)) if whole > 0 else parts


def _candidates(path: Path) -> list[Path]:
    inner = path / "predictors"
    folders = [path] if not inner.is_dir() else sorted(f for f in inner.iterdir() if f.is_dir())
    return [folder for folder in folders if _files(folder)]


def _files(folder: Path) -> list[Path]:
    return [folder / f"{m}.json" for m in COSTS if (folder / f"{m}.json").is_file()]


def _opened(folder: Path) -> DeviceProfile:
    files = _files(folder)
    try:
        origin = json.loads(files[0].read_text())["origin"]
    except (ValueError, KeyError) as error:
        raise PredictorError(
            f"the predictor {files[0]} is damaged: {error}; measure a new one (`hyperwatt profile`)"
        ) from error
    metrics = tuple(file.name.removesuffix(".json") for file in files)
    return DeviceProfile(folder, origin["device"], origin["network"], metrics)
