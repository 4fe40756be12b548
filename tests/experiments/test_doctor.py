import subprocess
import sys

import pytest

from hyperwatt.constraints.errors import MeasurementError
from hyperwatt.experiments import doctor
from hyperwatt.experiments.doctor import self_tests
from hyperwatt.workers.meters.power_trace import Implausible
from hyperwatt.workers.meters.self_test import Check
from hyperwatt.workers.meters.sensor import SensorFacts
from hyperwatt.workers.meters.survey import Surveyed


def said_by_doctor(environ: dict[str, str], **variables: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "hyperwatt.experiments", "doctor"],
        env={**environ, "COLUMNS": "300", **variables},
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout


@pytest.mark.slow
def test_each_gpu_is_shown_with_what_it_tells_and_what_not_and_why(new_fake_nvml, gpus) -> None:
    refused = ("nvmlDeviceGetTotalEnergyConsumption", "nvmlDeviceGetPowerUsage")
    machine = new_fake_nvml(
        gpus.Board(uuid="GPU-1"),
        gpus.Board(
            uuid="GPU-2", name="Tegra", scopes=(), faults=[gpus.Fault(c, 3) for c in refused]
        ),
        gpus.Board(uuid="GPU-3", slices=[gpus.Slice("MIG-7", 1)]),
    )

    said = said_by_doctor(machine.environ)

    whole, tegra, sliced = (said.split("cuda  ")[n].split("\nsimulated")[0] for n in (1, 2, 3))
    assert "GPU-1, number 0, driver 550.54.15, limit 700 W" in whole
    assert "steps of 0.1 s, 1 % of the shortest window of 10 s" in whole
    assert "absent" not in whole
    assert "tells neither power" in tegra
    assert "latency, train_latency" in tegra
    assert "MIG switched off" in sliced


@pytest.mark.slow
def test_gpus_that_are_hidden_are_shown_as_such(new_fake_nvml, gpus) -> None:
    machine = new_fake_nvml(gpus.Board(uuid="GPU-1"), gpus.Board(uuid="GPU-2"))

    said = said_by_doctor(machine.environ, CUDA_VISIBLE_DEVICES="GPU-2")

    first, second = (said.split("cuda  ")[n].splitlines()[0] for n in (1, 2))
    assert "hidden from this process" in first
    assert "hidden" not in second


class Shown:
    def facts(self) -> SensorFacts:
        return SensorFacts("GPU-none", "board", "counter", "gauge", 0.1, 10.0)


def found(sensor: object) -> Surveyed:
    return Surveyed("cuda", "", (), (), sensor, "GPU-none")


def test_a_counter_at_rest_and_at_work_is_checked_and_a_fault_is_no_crash(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class NeverBusy:
        def __init__(self, device: str, environ: dict[str, str]) -> None:
            assert environ["CUDA_VISIBLE_DEVICES"] == "GPU-none"

        def __enter__(self) -> None:
            raise MeasurementError("cuda cannot be kept busy: no kernel image")

        def __exit__(self, *error: object) -> None: ...

    monkeypatch.setattr(doctor, "look", lambda name, *_: Check(name, Implausible("it stood still")))
    monkeypatch.setattr(doctor, "BusyDevice", NeverBusy)

    idle, load = self_tests([found(Shown())])

    assert (idle.ok, idle.says) == (False, "it stood still")
    assert (load.ok, load.says) == (False, "cuda cannot be kept busy: no kernel image")


def test_without_a_counter_there_is_nothing_to_test() -> None:
    (finding,) = self_tests([found(None)])

    assert finding.ok is None
