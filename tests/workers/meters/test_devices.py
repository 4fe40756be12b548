import pynvml
import pytest

from hyperwatt.constraints.errors import MeasurementError
from hyperwatt.constraints.metrics import COSTS
from hyperwatt.workers.meters.devices import capabilities, meters_for
from hyperwatt.workers.meters.protocol import both_phases


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_every_cost_can_be_measured_or_has_a_reason(device: str) -> None:
    can, cannot = capabilities(device)

    assert set(can) | set(cannot) == set(COSTS)
    assert not set(can) & set(cannot)
    assert all(cannot.values())


def test_a_cpu_always_tells_latency_and_memory() -> None:
    assert set(both_phases({"latency_s": "", "memory_bytes": ""})) <= set(capabilities("cpu")[0])


def can_and_cannot(fake_nvml):
    from hyperwatt.workers.meters.devices import capabilities

    return capabilities("cuda")


@pytest.mark.slow
def test_a_gpu_that_tells_no_power_still_tells_latency(new_fake_nvml, gpus) -> None:
    refused = tuple(
        gpus.Fault(call, pynvml.NVML_ERROR_NOT_SUPPORTED)
        for call in (
            "nvmlDeviceGetTotalEnergyConsumption",
            "nvmlDeviceGetFieldValues",
            "nvmlDeviceGetPowerUsage",
        )
    )
    fake_nvml = new_fake_nvml(gpus.Board())
    whole = fake_nvml.run(can_and_cannot)
    fake_nvml.show(gpus.Board(), faults=refused)

    can, cannot = fake_nvml.run(can_and_cannot)

    assert set(whole[0]) == set(COSTS)
    assert "latency_s" in can
    assert "neither power" in cannot["power_w"]
    assert set(can) | set(cannot) == set(COSTS)


@pytest.mark.parametrize("ask", [capabilities, meters_for])
def test_an_unknown_device_is_named(ask: object) -> None:
    with pytest.raises(MeasurementError, match="there is no 'tpu'; did you mean 'cpu'"):
        ask("tpu")  # type: ignore[operator]


def test_the_meter_and_the_capabilities_agree() -> None:
    meter = meters_for("cpu", threads=2)

    assert (meter.can_measure(), meter.cannot_measure()) == capabilities("cpu")
    assert meter.device_kind.endswith("/2 threads")
