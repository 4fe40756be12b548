"""A sweep as a file: the sections of a spec and what each may hold.

Checked in `spec_check.py`, which reports every fault at once; read from disk in `spec_files.py`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PositiveInt,
    StrictBool,
)

from ..constraints.errors import did_you_mean
from ..constraints.metrics import find_metric
from ..constraints.units import parse_quantity
from ..orchestrator.strategies.registry import STRATEGIES
from ..workers.meters.devices import known_devices
from .spec_space import ParameterSpec, Scalar


class Section(BaseModel):
    """A part of a spec: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _duration(text: object) -> float:
    return parse_quantity(text, "s")


def _known_strategy(name: str) -> str:
    if name not in STRATEGIES:
        raise ValueError(f"no strategy {name!r}; {did_you_mean(name, STRATEGIES)}")
    return name


def _known_device(name: str) -> str:
    known = ("auto", *known_devices())
    if name not in known:
        raise ValueError(f"no device {name!r}; {did_you_mean(name, known)}")
    return name


def _metric(name: str) -> str:
    return find_metric(name).name


class EntryFaults(ValueError):
    """Faults of single entries of a section, as (key, what it says)."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{key}: {says}" for key, says in faults))
        self.faults = faults


def _bounds(section: object) -> object:
    """Entries of a budget as (full metric name -> SI value)."""
    if not isinstance(section, dict):
        raise ValueError(f"needs metrics with bounds, such as `latency: 20 ms`, got {section!r}")
    faults, bounds = [], {}
    for name, text in section.items():
        try:
            metric = find_metric(str(name))
            bounds[metric.name] = parse_quantity(text, metric.unit)
        except ValueError as error:
            faults.append((str(name), str(error)))
    if faults:
        raise EntryFaults(faults)
    return bounds


def _concurrency(given: object) -> object:
    if given == "auto" or (isinstance(given, int) and not isinstance(given, bool) and given > 0):
        return given
    raise ValueError(f"must be a whole number above 0 or 'auto', got {given!r}")


Concurrency = Annotated[int | Literal["auto"], BeforeValidator(_concurrency)]
Duration = Annotated[float, BeforeValidator(_duration)]
Bounds = Annotated[dict[str, float], BeforeValidator(_bounds)]
MetricName = Annotated[str, AfterValidator(_metric)]
DeviceName = Annotated[str, AfterValidator(_known_device)]
StrategyName = Annotated[str, AfterValidator(_known_strategy)]


class TaskSpec(Section):
    """What is learned.

    Attributes:
        name: of the data set.
        root: folder of the data, for those that are not bundled.
        download: fetch the data if it is not there.
        train_images: learn from so many images only.
        validation_share: of the training images, for selection.
    """

    name: Literal["digits", "mnist"]
    root: str | None = None
    download: StrictBool = False
    train_images: PositiveInt | None = None
    validation_share: float = Field(0.2, gt=0, lt=1)


class NetworkSpec(Section):
    """The family of networks; `fixed` hyper-parameters are the same for all candidates."""

    name: Literal["cnn", "mlp"]
    fixed: dict[str, Scalar] = Field(default_factory=dict)


class ProbeSpec(Section):
    """How costs are measured: images a batch, and how long and how exactly."""

    batch_size: PositiveInt = 1
    min_time: Duration = 0.2
    max_time: Duration = 2.0
    target_relative_error: float = Field(0.01, gt=0, lt=1)


class ProfileSpec(Section):
    """Where the first predictors come from: a stored profile, or candidates measured untrained."""

    candidates: int = Field(20, ge=0)
    from_: str | None = Field(None, alias="from")


class LimitsSpec(Section):
    """When the sweep ends."""

    trials: PositiveInt = 50
    wall_clock: Duration = 3600.0
    trial_silence: Duration = 600.0


class TrainingSpec(Section):
    """How every candidate is trained, unless its hyper-parameters say otherwise."""

    epochs: PositiveInt = 10
    batch_size: PositiveInt = 64


class ChanceLevelSpec(Section):
    """Stop a training that is still guessing after so many epochs."""

    after_epochs: PositiveInt = 3


class HalvingSpec(Section):
    """Asynchronous successive halving: the first rung, and how many go on (one in `reduction`)."""

    first_epoch: PositiveInt = 1
    reduction: int = Field(3, ge=2)


class EarlyStoppingSpec(Section):
    """The rules in force; leave one out to switch it off."""

    chance_level: ChanceLevelSpec | None = None
    halving: HalvingSpec | None = None


class ConfirmSpec(Section):
    """What is measured again at the end: the `best` few, and `remeasure` finished trials in all."""

    best: PositiveInt = 3
    remeasure: int = Field(40, ge=0)


class Spec(Section):
    """A whole sweep."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    seed: int = Field(0, ge=0)
    task: TaskSpec
    network: NetworkSpec
    space: dict[str, ParameterSpec] = Field(min_length=1)
    objectives: list[MetricName] = Field(default=["error"], min_length=1)
    budget: Bounds = Field(default_factory=dict)
    constraints: Bounds = Field(default_factory=dict)
    device: DeviceName = "auto"
    probe: ProbeSpec = ProbeSpec()
    strategy: StrategyName = "hw-ieci"
    profile: ProfileSpec = ProfileSpec()
    limits: LimitsSpec = LimitsSpec()
    training: TrainingSpec = TrainingSpec()
    early_stopping: EarlyStoppingSpec = EarlyStoppingSpec()
    confirm: ConfirmSpec = ConfirmSpec()
    concurrency: Concurrency = "auto"
    resources: dict[str, float] = Field(default_factory=lambda: {"cpu": 1.0})

    def to_plain(self) -> dict[str, Any]:
        """As a plain mapping in SI units, for `spec.yaml` of a run; reads back as the same spec."""
        plain = self.model_dump(by_alias=True, exclude_none=True)
        for section in ("budget", "constraints"):
            plain[section] = {
                find_metric(name).short: f"{value!r} {find_metric(name).unit}".strip()
                for name, value in plain[section].items()
            }
        for section, key in _DURATIONS:
            plain[section][key] = f"{plain[section][key]!r} s"
        return plain


_DURATIONS = (
    ("probe", "min_time"), ("probe", "max_time"), ("limits", "wall_clock"),
    ("limits", "trial_silence"),
)  # fmt: skip
