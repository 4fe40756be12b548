"""Networks that are trained on a data set, as a problem to search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..constraints.domains import Array
from ..constraints.errors import DataError, Fault, MeasurementError, NetworkError, did_you_mean
from ..constraints.metrics import COSTS, METRICS
from ..constraints.space import Space
from ..workers.candidate_network import NetworkBuilder
from ..workers.data import TaskShape, check_task, describe_task
from ..workers.meters.cpu import cpu_kind
from ..workers.meters.devices import REPLAY, capabilities, gpus_here, replay_kind
from ..workers.meters.power_correction import PowerCorrection
from ..workers.networks.family import Family
from ..workers.networks.registry import find_family
from ..workers.training_parameters import TRAINING_PARAMETERS, TrainingParameters
from .devices import resolve_device
from .spec import NetworkSpec, Spec, TaskSpec
from .wording import simulation_line


@dataclass(frozen=True)
class TrainedProblem:
    """A `Problem`; its spec has a task and a network."""

    spec: Spec

    @property
    def task(self) -> TaskSpec:
        """What is learned."""
        assert self.spec.task is not None  # or the spec has a table
        return self.spec.task

    @property
    def network(self) -> NetworkSpec:
        """The family."""
        assert self.spec.network is not None  # or the spec has a table
        return self.spec.network

    def task_dict(self) -> dict[str, Any]:
        """The task as plain values."""
        return {**self.task.model_dump(), "seed": self.spec.seed}

    def threads(self) -> int:
        """Threads of a trial on a CPU: the cores it asks for."""
        return max(1, int(self.spec.resources.get("cpu", 1)))

    def structural_names(self) -> frozenset[str]:
        """Those that shape the network; of a training step also what shapes the step."""
        structural = self._family().structural_names()
        if any(metric.startswith("train_") for _, metric in self.spec.wanted_metrics()):
            structural |= {"batch_size", "optimizer"}
        return structural

    def unbuildable_reason(self, candidate: Mapping[str, Any]) -> str:
        """Nothing is built for it."""
        shape = self._shape()
        config = {**self.network.fixed, **candidate}
        try:
            self._family().check(config, shape.input_shape, shape.classes)
            self.training_of(candidate)
        except NetworkError as error:
            return str(error)
        return ""

    def chance_error(self) -> float:
        """From the number of classes."""
        return self._shape().chance_error

    def last_epoch(self) -> int:
        """As the spec says."""
        return self.spec.training.epochs

    def listed(self, space: Space) -> Array | None:
        """A whole space."""
        return None

    def network_builder(self) -> NetworkBuilder:
        """What makes the network of a candidate."""
        shape = self._shape()
        return NetworkBuilder(
            self.network.name, dict(self.network.fixed), shape.input_shape, shape.classes
        )

    def training_of(self, candidate: Mapping[str, Any]) -> TrainingParameters:
        """How a candidate is trained."""
        config = {**self.network.fixed, **candidate}
        return TrainingParameters.of(config, self.spec.training.batch_size)

    def setting(self) -> dict[str, Any]:
        """Task, network and batches."""
        return {
            "task": self.task.name,
            "network": self.network.name,
            "fixed": dict(self.network.fixed),
            "probe_batch_size": self.spec.probe.batch_size,
            "training_batch_size": self.spec.training.batch_size,
            "cpu": self.spec.resources.get("cpu", 1),
        }

    def device_kind(self) -> str | None:
        """Of this machine; a GPU's is known to its worker alone."""
        if self.spec.device == "cpu":
            return cpu_kind(self.threads())
        if self.spec.device.startswith(REPLAY):
            return replay_kind(self.spec.device)
        return None if self.spec.device == "cuda" else self.spec.device

    def faults(self, address: str | None) -> Iterator[Fault]:
        """Parameters that nothing uses, data that is not there, metrics that cannot be measured."""
        yield from self._unused_parameters()
        yield from self._missing_data()
        if address is None:
            yield from self._unmeasurable_metrics()
            yield from self._wrong_correction()

    def about(self) -> list[str]:
        """Sizes of the data, and whether something is not real."""
        shape = describe_task(
            self.task.name,
            validation_share=self.task.validation_share,
            train_images=self.task.train_images,
            generated=self.task.generated,
        )
        lines = [
            f"images to train, validate and test: {shape.train_size:,}, "
            f"{shape.validation_size:,}, {shape.test_size:,}"
        ]
        if self.task.generated:
            lines.append(
                f"the images are GENERATED in the format of {self.task.name}: errors say nothing "
                "about the real data set"
            )
        simulated = simulation_line(self.spec.device)
        return [*lines, simulated] if simulated else lines

    def _family(self) -> Family:
        return find_family(self.network.name)

    def _shape(self) -> TaskShape:
        return describe_task(self.task.name)

    def _unused_parameters(self) -> Iterator[Fault]:
        structural = self._family().structural_names()
        for name in self.spec.space:
            if name not in structural and name not in TRAINING_PARAMETERS:
                yield Fault(
                    f"space.{name}",
                    f"is used by neither the network {self.network.name!r} nor the training; "
                    + did_you_mean(name, structural | set(TRAINING_PARAMETERS)),
                )
        for name in self.network.fixed:
            if name not in structural:
                known = did_you_mean(name, structural)
                yield Fault(f"network.fixed.{name}", f"is unknown; {known}")
            elif name in self.spec.space:
                yield Fault(f"network.fixed.{name}", "is searched under `space` too; keep one")

    def _missing_data(self) -> Iterator[Fault]:
        try:
            check_task(self.task_dict())
        except DataError as error:
            yield Fault("task", str(error))

    def _wrong_correction(self) -> Iterator[Fault]:
        file, place = self.spec.probe.power_correction, "probe.power_correction"
        if file is None:
            return
        if resolve_device(self.spec.device) != "cuda":
            yield Fault(place, "is of a GPU; leave it out, or set `device: cuda`")
            return
        try:
            gpus, _ = gpus_here()
            PowerCorrection.load(Path(file).expanduser(), gpus[0].name)
        except MeasurementError as error:
            yield Fault(place, str(error))

    def _unmeasurable_metrics(self) -> Iterator[Fault]:
        device = resolve_device(self.spec.device)
        try:
            can, cannot = capabilities(device)
        except MeasurementError as error:
            yield Fault("device", str(error))
            return
        if not can:
            reason = next(iter(cannot.values()))
            yield Fault("device", f"{device} was asked for, but {reason}")
            return
        for place, metric in self.spec.wanted_metrics():
            if metric in COSTS and metric not in can:
                reason = cannot.get(metric, "no meter knows it")
                short = METRICS[metric].short
                yield Fault(f"{place}.{short}", f"cannot be measured on {device}: {reason}")
