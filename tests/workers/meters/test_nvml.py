import gc
import logging
import sys
from types import ModuleType, SimpleNamespace

import pynvml
import pytest

from hyperwatt.constraints.errors import MeasurementError
from hyperwatt.workers.meters.nvml import Absent, Nvml, load_nvml

UUID = "GPU-1234"


class FakeNvml(SimpleNamespace):
    """Imitates NVIDIA's binding for one board that has drawn 7 J."""

    def __init__(self, fails: dict[str, int] | None = None) -> None:
        constants = {n: getattr(pynvml, n) for n in dir(pynvml) if n.startswith("NVML_ERROR")}
        super().__init__(**constants, NVMLError=pynvml.NVMLError)
        self.fails, self.open = fails or {}, 0

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
        return 7000


def test_a_missing_library_is_a_reason() -> None:
    with pytest.raises(MeasurementError, match="install NVIDIA's driver"):
        Nvml(FakeNvml(fails={"nvmlInit": pynvml.NVML_ERROR_LIBRARY_NOT_FOUND}))


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
