"""Which meters a device has, and what they can tell."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ...constraints.errors import MeasurementError, did_you_mean
from ...constraints.measurement import REPLAYED
from ..device_lock import lock_of
from .accelerator import Accelerator, load_accelerators
from .composite import CompositeMeter
from .cpu import CpuMeter, cpu_kind
from .cuda import METHODS as CUDA_METHODS
from .cuda import open_cuda
from .idle import IdlePower
from .jetson import JetsonSensor
from .nvml import Nvml
from .nvml_sensor import NvmlSensor
from .power_correction import PowerCorrection
from .power_meter import METRICS as POWER_METRICS
from .power_meter import PowerMeter
from .protocol import Meter, both_phases
from .rapl import RaplSensor
from .replay import ReplaySensor
from .sensor import NoSensor, Sensor
from .visible_gpus import Gpu, uuid_of_torch, visible_gpus
from .watched import WatchedMeter

DEVICES = ("cpu", "cuda")
REPLAY = "replay:"
IDLE_FILE = "idle.json"  # beside the device's lock


def known_devices() -> tuple[str, ...]:
    """Names of all devices, those that are simulated too."""
    return (*DEVICES, *(accelerator.kind for accelerator in load_accelerators().values()))


def meters_for(
    device: str, threads: int = 1, seed: int = 0, power_correction: Path | None = None
) -> Meter:
    """The meter of a device, for the process that computes on it.

    Args:
        device: `cpu`, `cuda`, `simulated:<name>`, or `replay:<file>`: the power of a recording.
        threads: that the work uses on a CPU.
        seed: of a simulated device's noise.
        power_correction: file by which a GPU's power is corrected.

    Side effects:
        On `cuda`, creates a CUDA context.

    Raises:
        MeasurementError: if there is no such device.
    """
    if device == "cpu":
        kind = cpu_kind(threads)
        power = PowerMeter(kind, RaplSensor(), idle=idle_of("cpu"))
        return CompositeMeter((CpuMeter(kind), power))
    if device == "cuda":
        return _cuda_meter(power_correction)
    if device.startswith(REPLAY):
        return _replayed_meter(device)
    from .simulated import SimulatedMeter  # imports torch

    return SimulatedMeter(_accelerator(device), seed)


def capabilities(device: str) -> tuple[dict[str, str], dict[str, str]]:
    """What can and cannot be measured on a device of this machine; creates no CUDA context.

    Returns:
        The method of each metric that can be measured, and for each that cannot, why and what
        would help.

    Raises:
        MeasurementError: if there is no such kind of device.
    """
    if device == "cpu":
        meter = meters_for("cpu")
        return dict(meter.can_measure()), dict(meter.cannot_measure())
    if device == "cuda":
        return _cuda_capabilities()
    if device.startswith(REPLAY):
        says = "a recording of power tells nothing else"
        meter = _replayed_meter(device)
        return dict(meter.can_measure()), both_phases(dict.fromkeys(CUDA_METHODS, says))
    accelerator = _accelerator(device)
    return accelerator.can_measure(), accelerator.cannot_measure()


def gpus_here(environ: Mapping[str, str] = os.environ) -> tuple[tuple[Gpu, ...], Nvml]:
    """The GPUs that CUDA would show to this process, and the library that tells; no CUDA context.

    Args:
        environ: of the process.

    Raises:
        MeasurementError: if there is none, or it is not clear which they are.
    """
    nvml = Nvml()
    gpus = visible_gpus(environ, nvml)
    if not gpus:
        hidden = "CUDA_VISIBLE_DEVICES" in environ
        why = "CUDA_VISIBLE_DEVICES shows none of its GPUs" if hidden else "it has no GPU"
        raise MeasurementError(f"NVML finds no GPU for this process: {why}")
    return gpus, nvml


def sensor_of(device: str, environ: Mapping[str, str] = os.environ) -> Sensor:
    """What shows the power of a device, without a CUDA context.

    Args:
        device: `cpu` or `cuda`: the first GPU that CUDA would show to this process.
        environ: of the process.

    Raises:
        MeasurementError: if nothing does.
    """
    if device == "cpu":
        return RaplSensor()
    if device != "cuda":
        raise MeasurementError(f"nothing shows the power of {device}")
    gpus, nvml = gpus_here(environ)
    return sensor_of_gpu(gpus[0].uuid, nvml)


def idle_of(key: str) -> IdlePower:
    """The idle power of a device, kept beside its lock."""
    return IdlePower(lock_of(key).folders[0] / IDLE_FILE)


def sensor_of_gpu(uuid: str, nvml: Nvml) -> Sensor:
    """NVML's view of a GPU, or a Jetson's own sensors where NVML tells nothing."""
    sensor, jetson = NvmlSensor(uuid, nvml), JetsonSensor()
    return jetson if not _tells(sensor) and _tells(jetson) else sensor


def _sensor_without_fail(uuid: str) -> Sensor:
    """A GPU's sensor, or one that says why there is none: latency and memory need none."""
    try:
        return sensor_of_gpu(uuid, Nvml())
    except MeasurementError as error:
        jetson = JetsonSensor()
        return jetson if _tells(jetson) else NoSensor(str(error))


def _tells(sensor: Sensor) -> bool:
    try:
        sensor.facts()
    except MeasurementError:
        return False
    return True


def _accelerator(device: str) -> Accelerator:
    named = {accelerator.kind: accelerator for accelerator in load_accelerators().values()}
    if device not in named:
        known = did_you_mean(device, known_devices())
        raise MeasurementError(f"`device`: there is no {device!r}; {known}")
    return named[device]


def _cuda_capabilities() -> tuple[dict[str, str], dict[str, str]]:
    try:
        sensor = JetsonSensor() if _tells(JetsonSensor()) else sensor_of("cuda")
    except MeasurementError as error:
        nothing = both_phases(dict.fromkeys((*CUDA_METHODS, *POWER_METRICS), ""))
        return {}, dict.fromkeys(nothing, f"{error}; or set `device: cpu`")
    power = PowerMeter("cuda", sensor)
    return {**both_phases(CUDA_METHODS), **power.can_measure()}, power.cannot_measure()


def _cuda_meter(power_correction: Path | None) -> Meter:
    import torch

    if not torch.cuda.is_available():
        raise MeasurementError("`device` is cuda, but torch finds no GPU here; set `device: cpu`")
    uuid = uuid_of_torch(torch.cuda.get_device_properties(0).uuid)
    sensor = _sensor_without_fail(uuid)
    meter = open_cuda(lambda: _used_bytes(sensor))
    power = PowerMeter(meter.device_kind, sensor, torch.cuda.synchronize, idle_of(uuid))
    if power_correction is not None:
        name = torch.cuda.get_device_name()
        power = replace(power, correction=PowerCorrection.load(power_correction, name))
    return CompositeMeter((WatchedMeter(meter, sensor), power))


def _replayed_meter(device: str) -> Meter:
    sensor = ReplaySensor.of(Path(device.removeprefix(REPLAY)).expanduser())
    return PowerMeter(replay_kind(device), sensor, attribution=REPLAYED)


def replay_kind(device: str) -> str:
    """The kind of device that a recording is.

    >>> replay_kind("replay:traces/a100.csv")
    'replay:a100.csv'
    """
    return f"{REPLAY}{Path(device.removeprefix(REPLAY)).name}"


def _used_bytes(sensor: Sensor) -> int | None:
    """Device memory in use by all processes; None where that is not told."""
    try:
        return sensor.read().used_bytes
    except MeasurementError:
        return None
