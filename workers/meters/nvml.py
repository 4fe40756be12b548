"""Power and energy of an NVIDIA GPU, from NVML's total-energy counter: the only door to NVML.

The counter counts millijoules since the driver was loaded and steps about every 0.1 s, so a window
of T seconds is known to 0.1 s / T. It counts the whole board, so the window must be exclusive.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ...constraints.errors import MeasurementError
from ...constraints.measurement import Measurement
from .protocol import Step, Window, both_phases
from .timing import Clock

METHOD = "NVML total-energy counter"
COUNTER_STEP_S = 0.1
MIN_TIME_S = 10.0  # error 1 % by the counter's step; at half 2 %
WARM_UP_S = 3.0  # clocks and temperature settle; at half the first seconds draw less
STEPS_AHEAD = 16  # launches queued before waiting; at half, small networks leave gaps
PLAUSIBLE = 1.5  # times the power limit; more is a glitch of the counter


@dataclass(frozen=True)
class NvmlMeter:
    """Measures one board.

    Attributes:
        device_kind: name of the GPU.
        uuid: of the board, as NVML spells it (`GPU-...`).
        nvml: the binding, or what imitates it.
        synchronize: waits until the GPU has done what was launched.
        clock: monotonic, in s.
    """

    device_kind: str
    uuid: str
    nvml: Any
    synchronize: Callable[[], object]
    clock: Clock = time.perf_counter

    def can_measure(self) -> dict[str, str]:
        """See `Meter`."""
        if self._fault():
            return {}
        return both_phases({"power_w": METHOD, "energy_j": METHOD})

    def cannot_measure(self) -> dict[str, str]:
        """See `Meter`."""
        reason = self._fault()
        return both_phases({"power_w": reason, "energy_j": reason}) if reason else {}

    def measure(self, metric: str, step: Step, window: Window) -> Measurement:
        """See `Meter`."""
        self._repeat(step, WARM_UP_S)
        with _session(self.nvml) as nvml:
            handle = nvml.nvmlDeviceGetHandleByUUID(self.uuid)
            limit_w = nvml.nvmlDeviceGetEnforcedPowerLimit(handle) / 1e3  # NVML tells mW
            before_j = _energy_j(nvml, handle)
            duration_s, runs = self._repeat(step, max(window.min_time_s, MIN_TIME_S))
            spent_j = _energy_j(nvml, handle) - before_j
        _check_plausible(spent_j, duration_s, limit_w)
        value = spent_j / (runs * step.items if metric == "energy_j" else duration_s)
        error = value * COUNTER_STEP_S / duration_s / math.sqrt(3)  # uniform within a step
        return Measurement(metric, value, error, 2, METHOD, self.device_kind)

    def _repeat(self, step: Step, duration_s: float) -> tuple[float, int]:
        """Repeat the step for a while; time in s and repetitions."""
        begin_s, runs = self.clock(), 0
        while runs == 0 or self.clock() - begin_s < duration_s:
            for _ in range(STEPS_AHEAD):
                step.run()
            self.synchronize()
            runs += STEPS_AHEAD
        return self.clock() - begin_s, runs

    def _fault(self) -> str:
        try:
            with _session(self.nvml) as nvml:
                _energy_j(nvml, nvml.nvmlDeviceGetHandleByUUID(self.uuid))
        except MeasurementError as error:
            return str(error)
        return ""


def load_nvml() -> Any:
    """NVIDIA's own binding.

    Raises:
        MeasurementError: if the deprecated package `pynvml` stands in its place.
    """
    import pynvml

    if not hasattr(pynvml, "_nvmlGetFunctionPointer"):
        raise MeasurementError(
            "the module `pynvml` is not NVIDIA's; `pip uninstall pynvml` and "
            "`pip install --force-reinstall nvidia-ml-py`"
        )
    return pynvml


def gpu_names(nvml: Any) -> list[str]:
    """Names of this machine's GPUs, by NVML's order; needs no CUDA context.

    Raises:
        MeasurementError: if NVML cannot tell.
    """
    with _session(nvml):
        handles = [nvml.nvmlDeviceGetHandleByIndex(i) for i in range(nvml.nvmlDeviceGetCount())]
        return [str(nvml.nvmlDeviceGetName(handle)) for handle in handles]


def counter_fault(nvml: Any) -> str:
    """Why the first GPU's energy counter cannot be read; empty if it can."""
    try:
        with _session(nvml):
            _energy_j(nvml, nvml.nvmlDeviceGetHandleByIndex(0))
    except MeasurementError as error:
        return str(error)
    return ""


@contextmanager
def _session(nvml: Any) -> Iterator[Any]:
    """NVML, opened and closed; its errors become ours."""
    try:
        nvml.nvmlInit()
        try:
            yield nvml
        finally:
            nvml.nvmlShutdown()
    except nvml.NVMLError as error:
        raise MeasurementError(f"NVML: {error}; {_remedy(nvml, error)}") from error


def _remedy(nvml: Any, error: Exception) -> str:
    remedies = {
        nvml.NVML_ERROR_NOT_SUPPORTED: "this GPU has no energy counter (Volta and later have)",
        nvml.NVML_ERROR_LIBRARY_NOT_FOUND: "install NVIDIA's driver, or give the container its "
        "`utility` capability",
        nvml.NVML_ERROR_DRIVER_NOT_LOADED: "load NVIDIA's driver",
        nvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH: "restart after the driver's upgrade",
        nvml.NVML_ERROR_FUNCTION_NOT_FOUND: "the driver is too old for this reading",
        nvml.NVML_ERROR_GPU_IS_LOST: "the GPU fell off the bus; restart the machine",
    }
    return remedies.get(getattr(error, "value", None), "see `nvidia-smi`")


def _energy_j(nvml: Any, handle: Any) -> float:
    return float(nvml.nvmlDeviceGetTotalEnergyConsumption(handle)) / 1e3  # NVML tells mJ


def _check_plausible(spent_j: float, duration_s: float, limit_w: float) -> None:
    if spent_j <= 0:
        raise MeasurementError(f"NVML's energy counter stood still or was reset ({spent_j} J)")
    if spent_j / duration_s > PLAUSIBLE * limit_w:
        raise MeasurementError(
            f"NVML's energy counter jumped: {spent_j / duration_s:.0f} W at a limit of {limit_w} W"
        )
