"""Latency and memory on an NVIDIA GPU: CUDA events, and the caching allocator's own peak.

What a network takes from the device is what the allocator reserved, and what lies beside it: the
CUDA context, and the kernels and workspaces that are loaded when they are first used. Reserved is
more than allocated, because the allocator keeps blocks.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from ...constraints.errors import MeasurementError
from ...constraints.measurement import IMPRECISE, UNSTEADY, Measurement
from .protocol import Step, Window, both_phases
from .timing import Clock, Timing, time_until_sure, warm_up

METHODS = {
    "latency_s": "median between CUDA events",
    "memory_bytes": "peak reserved by the caching allocator, with the CUDA context",
}
UNSTEADY_SCATTER = 0.1  # of single times; more on a GPU means that something else ran
FIRST_STEPS, LATER_STEPS = 2, 3  # the first choose kernels and make the optimiser's state


@dataclass
class CudaMeter:
    """Measures the process's own work on a GPU that it has to itself.

    Attributes:
        device_kind: name of the GPU.
        context_bytes: device memory of an empty CUDA context.
        clock: of the window, monotonic, in s.
        loaded_bytes: in use beside the allocator's when the first measurement began; by all
            processes, of which all others stand still since.
    """

    device_kind: str
    context_bytes: int
    clock: Clock = time.perf_counter
    loaded_bytes: int | None = None

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
        if self.loaded_bytes is None:
            self.loaded_bytes = _beside_allocator()
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
            flags=_flags(timing, window),
            noted=timing.noted(),
        )

    def _memory(self, metric: str, step: Step) -> Measurement:
        import torch

        torch.cuda.synchronize()
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
        _run(step, FIRST_STEPS)
        reserved, first_allocated = _peaks()
        torch.cuda.reset_peak_memory_stats()
        _run(step, LATER_STEPS)
        later_reserved, allocated = _peaks()
        reserved = max(reserved, later_reserved)
        assert self.loaded_bytes is not None  # or nothing is measured yet
        beside = self.context_bytes + max(0, _beside_allocator() - self.loaded_bytes)
        return Measurement(
            metric,
            float(reserved + beside),
            0.0,
            1,
            METHODS["memory_bytes"],
            self.device_kind,
            noted={
                "allocated_bytes": float(allocated),
                "first_allocated_bytes": float(first_allocated),
                "reserved_bytes": float(reserved),
                "context_bytes": float(beside),
            },
        )


def _flags(timing: Timing, window: Window) -> tuple[str, ...]:
    flags = {
        UNSTEADY: timing.scatter > UNSTEADY_SCATTER,
        IMPRECISE: timing.misses(window.target_relative_error),
    }
    return tuple(flag for flag, is_so in flags.items() if is_so)


def _run(step: Step, times: int) -> None:
    import torch

    for _ in range(times):
        step.run()
    torch.cuda.synchronize()


def _peaks() -> tuple[int, int]:
    """Peak reserved and allocated since the last reset, in bytes."""
    import torch

    return torch.cuda.max_memory_reserved(), torch.cuda.max_memory_allocated()


def _beside_allocator() -> int:
    """Device memory in use that this process's allocator does not hold, in bytes."""
    import torch

    free, total = torch.cuda.mem_get_info()
    return total - free - torch.cuda.memory_reserved()


def _time_s(step: Step) -> float:
    import torch

    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]  # torch
    begin.record()
    step.run()
    end.record()
    end.synchronize()
    return float(begin.elapsed_time(end)) / 1e3  # CUDA tells milliseconds


def open_cuda(used_bytes: Callable[[], int | None] = lambda: None) -> CudaMeter:
    """The meter of this process's first GPU.

    Args:
        used_bytes: tells the device memory in use by all processes, without a CUDA context; with
            it, a context is what is added by ours, and without, all that is in use.

    Side effects:
        Creates a CUDA context; call it in a worker only, alone on the GPU, and before tensors are
        made.
    """
    import torch

    before = used_bytes()
    torch.cuda.init()  # type: ignore[no-untyped-call]  # torch
    torch.cuda.synchronize()
    after, loaded = used_bytes(), _beside_allocator()
    context = loaded if before is None or after is None else max(0, after - before)
    return CudaMeter(f"cuda:{torch.cuda.get_device_name()}", context)
