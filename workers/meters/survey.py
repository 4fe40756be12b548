"""Every device of this machine: what can be measured on it, how and how finely, and what cannot."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ...constraints.errors import MeasurementError
from .accelerator import load_accelerators
from .cpu import cpu_kind
from .cuda import METHODS as CUDA_METHODS
from .devices import capabilities, sensor_of, sensor_of_gpu
from .nvml import Nvml
from .power_meter import METRICS as POWER_METRICS
from .power_meter import PowerMeter
from .protocol import both_phases
from .sensor import Sensor
from .visible_gpus import Gpu, all_gpus, card_of, visible_gpus

ALL_COSTS = tuple(both_phases(dict.fromkeys((*CUDA_METHODS, *POWER_METRICS), "")))
FINENESS = {
    "cpu": {"latency_s": "repeated until sure to 1 %", "memory_bytes": "to the byte"},
    "cuda": {
        "latency_s": "steps of 0.5 us; repeated until sure to 1 %",
        "memory_bytes": "blocks of 2 MiB; the context to some MiB",
    },
}


@dataclass(frozen=True)
class Ability:
    """Metrics that are measured in one way.

    Attributes:
        metrics: full names.
        method: how.
        fineness: what the smallest difference is, or how sure a value gets.
    """

    metrics: tuple[str, ...]
    method: str
    fineness: str


@dataclass(frozen=True)
class Lack:
    """Metrics that cannot be measured, for one reason, with what would help."""

    metrics: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Surveyed:
    """One device.

    Attributes:
        device: its name in specs.
        about: model, identity and limits.
        abilities: what can be measured.
        lacks: what cannot.
        sensor: what shows its power; None if nothing does.
        uuid: of a GPU; empty for another device.
    """

    device: str
    about: str
    abilities: tuple[Ability, ...]
    lacks: tuple[Lack, ...]
    sensor: Sensor | None = None
    uuid: str = ""


def survey(environ: Mapping[str, str] = os.environ) -> Iterator[Surveyed]:
    """All devices; creates no CUDA context.

    Args:
        environ: of the process, which may hide GPUs.
    """
    yield _surveyed("cpu", cpu_kind(1).removeprefix("cpu:"), *capabilities("cpu"), _cpu_sensor())
    yield from _gpus(environ)
    for accelerator in load_accelerators().values():
        can, cannot = capabilities(accelerator.kind)
        yield _surveyed(accelerator.kind, "computed, not measured", can, cannot)


def _gpus(environ: Mapping[str, str]) -> Iterator[Surveyed]:
    try:
        nvml = Nvml()
        gpus = all_gpus(nvml)
    except MeasurementError as error:
        yield Surveyed("cuda", "none", (), (Lack(ALL_COSTS, str(error)),))
        return
    if not gpus:
        lack = Lack(ALL_COSTS, "NVML finds no GPU on this machine")
        yield Surveyed("cuda", "none", (), (lack,))
    try:
        visible = visible_gpus(environ, nvml)
        unclear = ""
    except MeasurementError as error:
        visible, unclear = (), str(error)
    for gpu in gpus:
        yield _gpu(gpu, nvml, unclear or ("" if gpu in visible else "hidden from this process"))


def _gpu(gpu: Gpu, nvml: Nvml, remark: str) -> Surveyed:
    sensor = sensor_of_gpu(gpu.uuid, nvml)
    power = PowerMeter("cuda", sensor)
    can = {**both_phases(CUDA_METHODS), **power.can_measure()}
    found = _surveyed(
        "cuda", _about(gpu, nvml, remark), can, power.cannot_measure(),
        sensor if power.can_measure() else None,
    )  # fmt: skip
    return replace(found, uuid=gpu.uuid)


def _about(gpu: Gpu, nvml: Nvml, remark: str) -> str:
    try:
        card = card_of(gpu, nvml)
    except MeasurementError as error:
        return f"{gpu.name}, {gpu.uuid}: {error}"
    parts = [gpu.name, gpu.uuid, f"number {gpu.nvml_index}"]
    parts += [f"driver {card.driver}"] if card.driver else []
    parts += [f"limit {card.limit_w:g} W"] if card.limit_w else []
    parts += (
        [f"compute mode {card.compute_mode}"] if card.compute_mode not in ("", "default") else []
    )
    return ", ".join([*parts, *([remark] if remark else [])])


def _cpu_sensor() -> Sensor | None:
    power = capabilities("cpu")[0].get("power_w")
    return sensor_of("cpu") if power else None


def _surveyed(
    device: str,
    about: str,
    can: Mapping[str, str],
    cannot: Mapping[str, str],
    sensor: Sensor | None = None,
) -> Surveyed:
    """Metrics with one method, and those with one reason, stand together."""
    ways: dict[tuple[str, str], list[str]] = {}
    for metric, method in can.items():
        quantity = metric.removeprefix("train_")
        fine = FINENESS.get(device, {}).get(quantity) or (sensor.facts().fineness if sensor else "")
        ways.setdefault((method, fine), []).append(metric)
    reasons: dict[str, list[str]] = {}
    for metric, reason in cannot.items():
        reasons.setdefault(reason, []).append(metric)
    return Surveyed(
        device,
        about,
        tuple(Ability(tuple(metrics), *way) for way, metrics in ways.items()),
        tuple(Lack(tuple(metrics), reason) for reason, metrics in reasons.items()),
        sensor,
    )
