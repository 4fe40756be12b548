"""Latency and memory on an NVIDIA GPU: CUDA events, and the caching allocator's own peak."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ...constraints.errors import MeasurementError
from ...constraints.measurement import Measurement
from .protocol import Step, Window, both_phases
from .timing import Clock, time_until_sure, warm_up

METHODS = {
    "latency_s": "median between CUDA events",
    "memory_bytes": "peak reserved by the caching allocator, with the CUDA context",
}


@dataclass(frozen=True)
class CudaMeter:
    """Measures the process's own work on a GPU that it has to itself.

    Attributes:
        device_kind: name of the GPU.
        context_bytes: device memory of an empty CUDA context.
        clock: of the window, monotonic, in s.
    """

    device_kind: str
    context_bytes: int
    clock: Clock = time.perf_counter

    def can_measure(self) -> dict[str, str]:
        """See `Meter`."""
        return both_phases(METHODS)

    def cannot_measure(self) -> dict[str, str]:
        """See `Meter`."""
        return {}

    def measure(self, metric: str, step: Step, window: Window) -> Measurement:
        """See `Meter`."""
        quantity = metric.removeprefix("train_")
        if quantity not in METHODS:
            raise MeasurementError(f"CUDA events and its allocator cannot tell `{metric}`")
        if quantity == "memory_bytes":
            return self._memory(metric, step)
        return self._latency(metric, step, window)

    def _latency(self, metric: str, step: Step, window: Window) -> Measurement:
        warm_up(lambda: _time_s(step), window, self.clock)
        timing = time_until_sure(lambda: _time_s(step), window, self.clock)
        return Measurement(
            metric,
            timing.median_s,
            timing.standard_error_s,
            timing.samples,
            METHODS["latency_s"],
            self.device_kind,
        )

    def _memory(self, metric: str, step: Step) -> Measurement:
        import torch

        torch.cuda.synchronize()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        for _ in range(2):  # the first sets up workspaces and optimiser state
            step.run()
        torch.cuda.synchronize()
        peak = torch.cuda.max_memory_reserved() + self.context_bytes
        return Measurement(metric, float(peak), 0.0, 1, METHODS["memory_bytes"], self.device_kind)


def _time_s(step: Step) -> float:
    import torch

    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]  # torch
    begin.record()
    step.run()
    end.record()
    end.synchronize()
    return float(begin.elapsed_time(end)) / 1e3  # CUDA tells milliseconds


def open_cuda() -> CudaMeter:
    """The meter of this process's first GPU.

    Side effects:
        Creates a CUDA context; call it in a worker only, and before tensors are made.
    """
    import torch

    torch.cuda.init()  # type: ignore[no-untyped-call]  # torch
    torch.cuda.synchronize()
    free, total = torch.cuda.mem_get_info()
    used = total - free - torch.cuda.memory_reserved()
    return CudaMeter(f"cuda:{torch.cuda.get_device_name()}", context_bytes=used)
