from pathlib import Path

import pytest
import torch

from hyperwatt.constraints.errors import MeasurementError
from hyperwatt.workers.meters.cpu import CpuMeter, allocations, cpu_kind, peak_bytes
from hyperwatt.workers.meters.protocol import Step, Window

SHORT = Window(0.01, 0.05, 0.05)


def test_allocations_are_those_of_the_run_in_order() -> None:
    def run() -> None:
        first = torch.ones(1000)
        second = torch.ones(500)
        del first, second

    assert allocations(run) == [4000, 2000, -4000, -2000]


def test_memory_is_the_peak_on_top_of_what_is_held() -> None:
    def run() -> torch.Tensor:
        large = torch.ones(1000)
        del large
        return torch.ones(10)

    step = Step(run, held_bytes=lambda: 7, items=1)

    assert CpuMeter("cpu:x").measure("memory_bytes", step, SHORT).value == 4007


def test_latency_counts_the_step_only() -> None:
    now_s = iter(float(i) for i in range(10**6))  # each look at the clock takes a second
    meter = CpuMeter("cpu:x", clock=lambda: next(now_s))

    measured = meter.measure("train_latency_s", Step(lambda: None, lambda: 0, 1), Window(9.0, 99.0))

    assert (measured.metric, measured.value, measured.standard_error) == ("train_latency_s", 1.0, 0)
    assert measured.device == "cpu:x"


def test_a_metric_of_another_meter_is_refused() -> None:
    with pytest.raises(MeasurementError, match="`power_w`"):
        CpuMeter("cpu:x").measure("power_w", Step(lambda: None, lambda: 0, 1), SHORT)


def test_freeing_what_was_there_before_is_no_negative_peak() -> None:
    assert peak_bytes([-100, 20]) == 0


def test_the_kind_of_device_names_model_and_threads(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("processor : 0\nmodel name : Example 9000 @ 3GHz\n")

    assert cpu_kind(1, cpuinfo) == "cpu:Example 9000 @ 3GHz/1 thread"
    assert cpu_kind(4, tmp_path / "absent").endswith("/4 threads")
