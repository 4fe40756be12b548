"""Latency and memory on a CPU: wall time, and the allocator's own events."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from ...constraints.errors import MeasurementError
from ...constraints.measurement import IMPRECISE, Measurement
from .protocol import Step, Window, both_phases
from .timing import Clock, time_until_sure, warm_up

METHODS = {
    "latency_s": "median wall time",
    "memory_bytes": "peak of allocator events, with live tensors",
}


@dataclass(frozen=True)
class CpuMeter:
    """Measures the process's own work on a CPU.

    Attributes:
        device_kind: model of the CPU and threads used.
        clock: monotonic, in s.
    """

    device_kind: str
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
            raise MeasurementError(f"a CPU's clock and allocator cannot tell `{metric}`")
        warm_up(step.run, window, self.clock)
        if quantity == "memory_bytes":
            return self._memory(metric, step)
        timing = time_until_sure(lambda: self._time_s(step.run), window, self.clock)
        return Measurement(
            metric,
            timing.median_s,
            timing.standard_error_s,
            timing.samples,
            METHODS["latency_s"],
            self.device_kind,
            flags=(IMPRECISE,) if timing.misses(window.target_relative_error) else (),
            noted=timing.noted(),
        )

    def _time_s(self, run: Callable[[], object]) -> float:
        begin_s = self.clock()
        run()
        return self.clock() - begin_s

    def _memory(self, metric: str, step: Step) -> Measurement:
        peak = step.held_bytes() + peak_bytes(allocations(step.run))
        return Measurement(metric, float(peak), 0.0, 1, METHODS["memory_bytes"], self.device_kind)


def allocations(run: Callable[[], object]) -> list[int]:
    """What torch's CPU allocator gives out (+) and takes back (-) while `run` runs, in order.

    Returns:
        Bytes of each event.

    Raises:
        MeasurementError: if torch's profiler saw none.
    """
    from torch.autograd.profiler import profile

    with profile(use_cpu=True, profile_memory=True) as profiler:
        result = run()
    del result  # kept until here, as by a caller who reads it
    if profiler.kineto_results is None:
        raise MeasurementError("torch's profiler gave no events; is another profiler running?")
    events = [e for e in profiler.kineto_results.events() if e.name() == "[memory]"]
    if not events:
        raise MeasurementError("torch's profiler saw no allocation; is another profiler running?")
    return [event.nbytes() for event in sorted(events, key=lambda event: event.start_ns())]


def peak_bytes(events: Iterable[int]) -> int:
    """The largest running sum of allocations, at least 0.

    >>> peak_bytes([100, 50, -100, 20])
    150
    """
    now = peak = 0
    for size in events:
        now += size
        peak = max(peak, now)
    return peak


def cpu_kind(threads: int, cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """Name a CPU and the threads used of it, as a kind of device."""
    count = "1 thread" if threads == 1 else f"{threads} threads"
    return f"cpu:{_model(cpuinfo)}/{count}"


def _model(cpuinfo: Path) -> str:
    try:
        lines = cpuinfo.read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine() or "unknown"
