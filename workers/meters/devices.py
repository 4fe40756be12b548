"""Which meters a device has, and what they can tell."""

from __future__ import annotations

from ...constraints.errors import MeasurementError, did_you_mean
from .accelerator import Accelerator, load_accelerators
from .composite import CompositeMeter
from .cpu import CpuMeter, cpu_kind
from .cuda import METHODS as CUDA_METHODS
from .cuda import open_cuda
from .nvml import METHOD as NVML_METHOD
from .nvml import NvmlMeter, counter_fault, gpu_names, load_nvml
from .protocol import Meter, both_phases
from .rapl import RaplMeter

DEVICES = ("cpu", "cuda")


def known_devices() -> tuple[str, ...]:
    """Names of all devices, those that are simulated too."""
    return (*DEVICES, *(accelerator.kind for accelerator in load_accelerators().values()))


def meters_for(device: str, threads: int = 1, seed: int = 0) -> Meter:
    """The meter of a device, for the process that computes on it.

    Args:
        device: `cpu`, `cuda` or `simulated:<name>`.
        threads: that the work uses on a CPU.
        seed: of a simulated device's noise.

    Side effects:
        On `cuda`, creates a CUDA context.

    Raises:
        MeasurementError: if there is no such device.
    """
    if device == "cpu":
        kind = cpu_kind(threads)
        return CompositeMeter((CpuMeter(kind), RaplMeter(kind)))
    if device == "cuda":
        return _cuda_meter()
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
    accelerator = _accelerator(device)
    return accelerator.can_measure(), accelerator.cannot_measure()


def _accelerator(device: str) -> Accelerator:
    named = {accelerator.kind: accelerator for accelerator in load_accelerators().values()}
    if device not in named:
        known = did_you_mean(device, known_devices())
        raise MeasurementError(f"`device`: there is no {device!r}; {known}")
    return named[device]


def _cuda_capabilities() -> tuple[dict[str, str], dict[str, str]]:
    own, power = both_phases(CUDA_METHODS), ("power_w", "energy_j")
    try:
        nvml = load_nvml()
        reason = "" if gpu_names(nvml) else "NVML sees no GPU on this machine"
    except MeasurementError as error:
        reason = str(error)
    if reason:
        nothing = both_phases({**CUDA_METHODS, **dict.fromkeys(power, "")})
        return {}, dict.fromkeys(nothing, f"{reason}; or set `device: cpu`")
    fault = counter_fault(nvml)
    if fault:
        return own, both_phases(dict.fromkeys(power, fault))
    return {**own, **both_phases(dict.fromkeys(power, NVML_METHOD))}, {}


def _cuda_meter() -> Meter:
    import torch

    if not torch.cuda.is_available():
        raise MeasurementError("`device` is cuda, but torch finds no GPU here; set `device: cpu`")
    meter = open_cuda()
    uuid = f"GPU-{torch.cuda.get_device_properties(0).uuid}"
    power = NvmlMeter(meter.device_kind, uuid, load_nvml(), torch.cuda.synchronize)
    return CompositeMeter((meter, power))
