"""A meter over the sensor, the binding and the library: from a board's draw to a measured cost."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from hyperwatt.constraints.errors import MeasurementError


def measure(fake: Any) -> dict[str, Any]:
    """Power and energy of steps of 0.05 s and 4 items each."""
    from hyperwatt.workers.meters.nvml import Nvml
    from hyperwatt.workers.meters.nvml_sensor import NvmlSensor
    from hyperwatt.workers.meters.power_meter import PowerMeter
    from hyperwatt.workers.meters.protocol import Step, Window

    fake.at(0.0)
    sensor = NvmlSensor("GPU-1", Nvml(), fake.clock)
    meter = PowerMeter("x", sensor, clock=fake.clock, sleep=fake.sleep, watch=fake.watch)
    step = Step(lambda: fake.sleep(0.05), lambda: 0, items=4)
    return meter.measure_together(("power_w", "energy_j"), step, Window())


def test_a_steady_board_is_measured_exactly(fake_nvml: Any, gpus: ModuleType) -> None:
    fake_nvml.show(gpus.Board(power=((0.0, 250.0),), processes=[gpus.Process(4_000_000, 95)]))

    measured = fake_nvml.run(measure)

    assert measured["power_w"]["value"] == pytest.approx(250.0, rel=0.01)
    assert measured["energy_j"]["value"] == pytest.approx(250.0 * 0.05 / 4, rel=0.01)
    assert measured["power_w"]["method"] == "NVML total-energy counter (board)"
    assert (measured["power_w"]["attribution"], measured["power_w"]["flags"]) == ("exclusive", [])


def test_another_process_on_the_board_is_told(fake_nvml: Any, gpus: ModuleType) -> None:
    both = [gpus.Process(4_000_000, 95), gpus.Process(4_000_001, 30)]
    fake_nvml.show(gpus.Board(reasons=0x40, processes=both))

    measured = fake_nvml.run(measure)["power_w"]

    assert (measured["attribution"], measured["flags"]) == ("shared", ["throttled"])


def test_a_board_that_is_lost_ends_the_measurement(fake_nvml: Any, gpus: ModuleType) -> None:
    lost = gpus.Fault("nvmlDeviceGetTotalEnergyConsumption", 15, after=60)
    fake_nvml.show(gpus.Board(faults=[lost]))

    with pytest.raises(MeasurementError, match="the GPU is gone"):
        fake_nvml.run(measure)
