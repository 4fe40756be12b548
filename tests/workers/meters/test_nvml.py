import gc
import logging
import sys
from types import ModuleType, SimpleNamespace

import pynvml
import pytest

from hyperwatt.constraints.errors import MeasurementError
from hyperwatt.workers.meters.nvml import (
    Absent,
    Nvml,
    NvmlMeter,
    counter_fault,
    gpu_names,
    load_nvml,
)
from hyperwatt.workers.meters.protocol import Step, Window

UUID = "GPU-1234"


class FakeNvml(SimpleNamespace):
    """Imitates NVIDIA's binding for one board: constant power, counter steps of 0.1 s."""

    def __init__(self, watts: float = 200.0, fails: dict[str, int] | None = None) -> None:
        constants = {n: getattr(pynvml, n) for n in dir(pynvml) if n.startswith("NVML_ERROR")}
        super().__init__(**constants, NVMLError=pynvml.NVMLError)
        self.now_s, self.watts, self.fails, self.open = 0.0, watts, fails or {}, 0

    def _call(self, name: str) -> None:
        if name in self.fails:
            raise pynvml.NVMLError(self.fails[name])

    def nvmlInit(self) -> None:
        self._call("nvmlInit")
        self.open += 1

    def nvmlShutdown(self) -> None:
        self._call("nvmlShutdown")
        self.open -= 1

    def nvmlDeviceGetCount(self) -> int:
        return 1

    def nvmlDeviceGetName(self, handle: str) -> str:
        return "Example H"

    def nvmlDeviceGetHandleByIndex(self, index: int) -> str:
        return UUID

    def nvmlDeviceGetHandleByUUID(self, uuid: str) -> str:
        if uuid != UUID:
            raise pynvml.NVMLError(pynvml.NVML_ERROR_NOT_FOUND)
        return uuid

    def nvmlDeviceGetEnforcedPowerLimit(self, handle: str) -> int:
        return 700_000

    def nvmlDeviceGetTotalEnergyConsumption(self, handle: str) -> int:
        self._call("nvmlDeviceGetTotalEnergyConsumption")
        return round(self.watts * 1000 * (int(self.now_s * 10) / 10))

    def work(self) -> None:
        self.now_s += 0.013

    def meter(self, uuid: str = UUID) -> NvmlMeter:
        return NvmlMeter("cuda:x", uuid, self, lambda: None, clock=lambda: self.now_s)


def test_power_is_known_to_one_step_of_the_counter() -> None:
    nvml = FakeNvml(watts=200.0)

    measured = nvml.meter().measure("power_w", Step(nvml.work, lambda: 0, 1), Window())

    assert measured.value == pytest.approx(200.0, rel=0.011)
    assert measured.standard_error == pytest.approx(200 * 0.1 / 10 / 3**0.5, rel=0.05)
    assert nvml.open == 0


def test_energy_is_per_item() -> None:
    nvml = FakeNvml(watts=200.0)

    measured = nvml.meter().measure("energy_j", Step(nvml.work, lambda: 0, 8), Window())

    assert measured.value == pytest.approx(200 * 0.013 / 8, rel=0.011)


def test_the_window_is_at_least_ten_seconds() -> None:
    nvml = FakeNvml()

    nvml.meter().measure("power_w", Step(nvml.work, lambda: 0, 1), Window(0.2))

    assert nvml.now_s >= 13.0


@pytest.mark.parametrize(("watts", "says"), [(0.0, "stood still"), (5000.0, "jumped")])
def test_a_reading_that_cannot_be_is_refused(watts: float, says: str) -> None:
    nvml = FakeNvml(watts=watts)

    with pytest.raises(MeasurementError, match=says):
        nvml.meter().measure("power_w", Step(nvml.work, lambda: 0, 1), Window())


@pytest.mark.parametrize(
    "code", sorted(v for n, v in vars(pynvml).items() if n.startswith("NVML_ERROR_"))
)
def test_every_error_of_the_binding_becomes_a_reason_with_a_remedy(code: int) -> None:
    nvml = FakeNvml(fails={"nvmlDeviceGetTotalEnergyConsumption": code})

    reason = nvml.meter().cannot_measure()["power_w"]

    assert reason.startswith("NVML: ")
    assert "; " in reason
    assert nvml.meter().can_measure() == {}
    assert nvml.open == 0


def test_a_missing_library_is_a_reason() -> None:
    nvml = FakeNvml(fails={"nvmlInit": pynvml.NVML_ERROR_LIBRARY_NOT_FOUND})

    assert "install NVIDIA's driver" in counter_fault(nvml)
    with pytest.raises(MeasurementError):
        gpu_names(nvml)


def test_a_board_that_is_not_there_is_a_reason() -> None:
    assert FakeNvml().meter("GPU-other").can_measure() == {}


def test_the_binding_is_nvidias_own() -> None:
    assert load_nvml() is pynvml


def test_another_package_in_the_bindings_place_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", ModuleType("pynvml"))

    with pytest.raises(MeasurementError, match="--force-reinstall nvidia-ml-py"):
        load_nvml()


def test_the_library_is_closed_when_nobody_needs_it_any_more() -> None:
    binding = FakeNvml()
    nvml = Nvml(binding)
    assert binding.open == 1

    del nvml
    gc.collect()

    assert binding.open == 0


def test_closing_twice_closes_once() -> None:
    binding = FakeNvml()
    nvml = Nvml(binding)

    nvml.close()
    nvml.close()

    assert binding.open == 0


def test_of_a_driver_that_is_gone_there_is_nothing_to_close() -> None:
    nvml = Nvml(FakeNvml(fails={"nvmlShutdown": pynvml.NVML_ERROR_UNKNOWN}))

    nvml.close()

    assert not nvml.close.alive


def test_a_function_that_an_older_binding_lacks_is_absent_for_good() -> None:
    answer = Nvml(FakeNvml()).ask("nvmlDeviceGetSomethingNew", UUID)

    assert isinstance(answer, Absent)
    assert answer.lasts


@pytest.mark.parametrize(
    ("code", "lasts"),
    [
        (pynvml.NVML_ERROR_NOT_SUPPORTED, True),
        (pynvml.NVML_ERROR_NO_PERMISSION, True),
        (pynvml.NVML_ERROR_TIMEOUT, False),
        (pynvml.NVML_ERROR_NOT_FOUND, False),
    ],
)
def test_an_absence_says_whether_it_lasts(code: int, lasts: bool) -> None:
    nvml = Nvml(FakeNvml(fails={"nvmlDeviceGetTotalEnergyConsumption": code}))

    answer = nvml.ask("nvmlDeviceGetTotalEnergyConsumption", UUID)

    assert isinstance(answer, Absent)
    assert answer.lasts is lasts


def test_what_is_needed_and_not_told_is_refused() -> None:
    with pytest.raises(MeasurementError, match="NVML: Not Found"):
        Nvml(FakeNvml()).need("nvmlDeviceGetHandleByUUID", "GPU-other")


def test_a_fault_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    call = "nvmlDeviceGetTotalEnergyConsumption"
    nvml = Nvml(FakeNvml(fails={call: pynvml.NVML_ERROR_TIMEOUT}))
    caplog.set_level(logging.INFO)

    for _ in range(3):
        nvml.ask(call, UUID)

    assert [record.message.split(":")[0] for record in caplog.records] == [call]
