"""NVIDIA's management library: the only door to it. It is asked, and says a value or why not."""

from __future__ import annotations

import logging
import math
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from ...constraints.errors import MeasurementError
from ...constraints.measurement import Measurement
from .nvml_errors import meaning_of, says
from .protocol import Step, Window, both_phases
from .timing import Clock

_log = logging.getLogger(__name__)

METHOD = "NVML total-energy counter"
COUNTER_STEP_S = 0.1
MIN_TIME_S = 10.0  # error 1 % by the counter's step; at half 2 %
WARM_UP_S = 3.0  # clocks and temperature settle; at half the first seconds draw less
STEPS_AHEAD = 16  # launches queued before waiting; at half, small networks leave gaps
# Names in the union of a field's value, by its type [nvml.h nvmlValueType_t].
FIELD_TYPES = ("dVal", "uiVal", "ulVal", "ullVal", "sllVal", "siVal", "usVal")
PLAUSIBLE = 1.5  # times the power limit; more is a glitch of the counter


@dataclass(frozen=True)
class Absent:
    """A value that is not told.

    Attributes:
        reason: why, and what would help.
        lasts: whether it is in vain to ask again.
    """

    reason: str
    lasts: bool


class Nvml:
    """The library, open for as long as this lives.

    Opening it creates no CUDA context. A process that was forked must open its own.
    """

    def __init__(self, binding: Any = None) -> None:
        """Open it.

        Args:
            binding: NVIDIA's own by default, or what imitates it.

        Raises:
            MeasurementError: if there is no driver, or it cannot be used; with what would help.
        """
        self._binding = load_nvml() if binding is None else binding
        self._told: set[tuple[str, int]] = set()
        try:
            self._binding.nvmlInit()
        except self._binding.NVMLError as error:
            raise MeasurementError(says(self._binding, error)) from error
        self.close = weakref.finalize(self, _shut, self._binding)

    def ask(self, call: str, *arguments: Any) -> Any:
        """Call a function of the library.

        Args:
            call: its name.
            arguments: what it takes.

        Returns:
            What it gives, or `Absent`.

        Raises:
            MeasurementError: if the device is gone.

        Side effects:
            Logs each kind of fault once.
        """
        function = getattr(self._binding, call, None)
        if function is None:
            return Absent(f"`nvidia-ml-py` has no {call}; upgrade it", lasts=True)
        try:
            return function(*arguments)
        except self._binding.NVMLError as error:
            return self._absent(call, error)

    def ask_field(self, handle: Any, field: int, scope: int) -> Any:
        """The value of a field, or `Absent`; see `ask`."""
        values = self.ask("nvmlDeviceGetFieldValues", handle, [(field, scope)])
        if isinstance(values, Absent):
            return values
        if values[0].nvmlReturn != 0:
            error = self._binding.NVMLError(values[0].nvmlReturn)
            return self._absent(f"field {field} of scope {scope}", error)
        return getattr(values[0].value, FIELD_TYPES[values[0].valueType])

    def need(self, call: str, *arguments: Any) -> Any:
        """As `ask`, where nothing can be done without the answer.

        Raises:
            MeasurementError: if there is none.
        """
        answer = self.ask(call, *arguments)
        if isinstance(answer, Absent):
            raise MeasurementError(answer.reason)
        return answer

    def _absent(self, call: str, error: Exception) -> Absent:
        meaning, text = meaning_of(self._binding, error), says(self._binding, error)
        if meaning.ends:
            raise MeasurementError(text) from error
        fault = (call, getattr(error, "value", 0))
        if fault not in self._told:
            self._told.add(fault)
            _log.info("%s: %s", call, text)
        return Absent(text, lasts=meaning.kind == "not here")


def _shut(binding: Any) -> None:
    with suppress(binding.NVMLError):  # of a driver that is gone there is nothing to close
        binding.nvmlShutdown()


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
        raise MeasurementError(says(nvml, error)) from error


def _energy_j(nvml: Any, handle: Any) -> float:
    return float(nvml.nvmlDeviceGetTotalEnergyConsumption(handle)) / 1e3  # NVML tells mJ


def _check_plausible(spent_j: float, duration_s: float, limit_w: float) -> None:
    if spent_j <= 0:
        raise MeasurementError(f"NVML's energy counter stood still or was reset ({spent_j} J)")
    if spent_j / duration_s > PLAUSIBLE * limit_w:
        raise MeasurementError(
            f"NVML's energy counter jumped: {spent_j / duration_s:.0f} W at a limit of {limit_w} W"
        )
