"""A sweep as a file: the sections of a spec and what each may hold.

Checked in `spec_check.py`, which reports every fault at once; read from disk in `spec_files.py`.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, PositiveInt, StrictBool

from ..constraints.metrics import find_metric
from ..constraints.objective import Objective
from .spec_fields import (
    Bounds,
    Concurrency,
    DeviceName,
    Duration,
    MetricName,
    ObjectiveEntry,
    Section,
    StrategyName,
)
from .spec_logs import Logs
from .spec_space import ParameterSpec, Scalar
from .spec_table import TableSpec


class TaskSpec(Section):
    """What is learned.

    Attributes:
        name: of the data set.
        root: folder of the data, for those that are not bundled.
        download: fetch the data if it is not there.
        generated: learn from made-up images in the format of the data set, to try a spec without
            the data; reports say so.
        train_images: learn from so many images only.
        validation_share: of the training images, for selection.
    """

    name: Literal["digits", "mnist", "fashion-mnist", "cifar10"]
    root: str | None = None
    download: StrictBool = False
    generated: StrictBool = False
    train_images: PositiveInt | None = None
    validation_share: float = Field(0.2, gt=0, lt=1)


class NetworkSpec(Section):
    """The family of networks; `fixed` hyper-parameters are the same for all candidates."""

    name: Literal["cnn", "hyperpower-cifar10", "mlp"]
    fixed: dict[str, Scalar] = Field(default_factory=dict)


class ProbeSpec(Section):
    """How costs are measured: images a batch, and how long and how exactly.

    Attributes:
        also: costs to measure besides those with a bound.
        power_correction: file with which a GPU's power is corrected, fitted against an external
            power meter.
    """

    also: list[MetricName] = Field(default_factory=list)
    batch_size: PositiveInt = 1
    min_time: Duration = 0.2
    max_time: Duration = 2.0
    target_relative_error: float = Field(0.01, gt=0, lt=1)
    power_correction: str | None = None


class ProfileSpec(Section):
    """Where the first predictors come from: a stored profile, or candidates measured untrained.

    Attributes:
        candidates: that are measured.
        from_: a run, or its profile, on this kind of device.
        elsewhere: runs, or their profiles, on other kinds of devices: what they cost there is
            carried over where it predicts what is measured here.
    """

    candidates: int = Field(20, ge=0)
    from_: str | None = Field(None, alias="from")
    elsewhere: list[str] = Field(default_factory=list)


class GateSpec(Section):
    """What the `hyperwatt` strategy promises of the candidates it dispatches.

    Attributes:
        alpha: at most this share of them breaks the budget, in the long run.
        probe_share: candidates that the gate refuses and the strategy wants all the same are
            measured, untrained, for about this share of the seconds at most. What it admits without
            being sure is measured first besides, unless this is 0.
    """

    alpha: float = Field(0.05, gt=0, lt=0.5)
    probe_share: float = Field(0.25, ge=0, lt=1)


class AcquisitionSpec(Section):
    """What `hyperwatt` maximises; `per_second`: improvement per second of training."""

    per_second: StrictBool = False


class WarmStartSpec(Section):
    """What is known before the sweep begins.

    Attributes:
        runs: folders of earlier runs of the same task, from whose trainings strategies learn.
        points: candidates that are tried first, in this order.
    """

    runs: list[str] = Field(default_factory=list)
    points: list[dict[str, Scalar]] = Field(default_factory=list)


class LimitsSpec(Section):
    """When the sweep ends; with 0 trials it measures its profile and ends."""

    trials: int = Field(50, ge=0)
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
    """Asynchronous successive halving: the first rung, and how many go on (one in `reduction`).

    Trainings are compared by the first objective that they report.
    """

    first_epoch: PositiveInt = 1
    reduction: int = Field(3, ge=2)


class SchedulerSpec(Section):
    """A scheduler of Ray Tune that may stop trainings: `package.module:Class`, and its options."""

    name: str
    options: dict[str, Any] = Field(default_factory=dict)


class EarlyStoppingSpec(Section):
    """The rules in force; leave one out to switch it off."""

    chance_level: ChanceLevelSpec | None = None
    halving: HalvingSpec | None = None
    scheduler: SchedulerSpec | None = None


class ConfirmSpec(Section):
    """What is measured again at the end: the `best` few, and `remeasure` finished trials in all."""

    best: PositiveInt = 3
    remeasure: int = Field(40, ge=0)


class Spec(Section):
    """A whole sweep: of networks that are trained (`task`, `network`), or of a recorded `table`.

    An objective is a metric, reported or a cost, in its own direction (less of an `error`, more of
    an `accuracy`), or `maximise: METRIC`. Several make a Pareto front. A bound under `constraints`
    is the worst that is allowed: the most of an error, the least of an accuracy.

    Costs are predicted by HyperPower's `linear` models of hyper-parameters, or by the `best` of
    several models, on the traced network where there is one; `auto` takes the first for
    HyperPower's strategies and the second for `hyperwatt`.

    `logs` are told of trainings while they go on (`spec_logs.py`): `tensorboard` alone if left out,
    none if empty. What is only measured is in the run's own files. A replay of a table has none.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    seed: int = Field(0, ge=0)
    task: TaskSpec | None = None
    network: NetworkSpec | None = None
    table: TableSpec | None = None
    space: dict[str, ParameterSpec] = Field(min_length=1)
    objectives: list[ObjectiveEntry] = Field(default=[Objective("error")], min_length=1)
    budget: Bounds = Field(default_factory=dict)
    constraints: Bounds = Field(default_factory=dict)
    device: DeviceName = "auto"
    probe: ProbeSpec = ProbeSpec()
    strategy: StrategyName = "hyperwatt"
    predictor: Literal["auto", "linear", "best"] = "auto"
    acquisition: AcquisitionSpec = AcquisitionSpec()
    gate: GateSpec = GateSpec()
    profile: ProfileSpec = ProfileSpec()
    warm_start: WarmStartSpec = WarmStartSpec()
    limits: LimitsSpec = LimitsSpec()
    training: TrainingSpec = TrainingSpec()
    early_stopping: EarlyStoppingSpec = EarlyStoppingSpec()
    confirm: ConfirmSpec = ConfirmSpec()
    logs: Logs | None = None
    concurrency: Concurrency = "auto"
    resources: dict[str, float] = Field(default_factory=lambda: {"cpu": 1.0})

    def wanted_metrics(self) -> list[tuple[str, str]]:
        """Every metric that is asked for, with the section that asks."""
        sections = (("budget", self.budget), ("constraints", self.constraints))
        wanted = [(section, metric) for section, names in sections for metric in names]
        wanted += [("probe.also", metric) for metric in self.probe.also]
        return wanted + [("objectives", objective.metric) for objective in self.objectives]

    def to_plain(self) -> dict[str, Any]:
        """As a plain mapping in SI units, for `spec.yaml` of a run; reads back as the same spec."""
        plain = self.model_dump(by_alias=True, exclude_none=True)
        for section in ("budget", "constraints"):
            plain[section] = {
                find_metric(name).short: f"{value!r} {find_metric(name).unit}".strip()
                for name, value in plain[section].items()
            }
        return plain
