import time
from pathlib import Path

import pytest

from hyperwatt.constraints.errors import MeasurementError
from hyperwatt.workers import trial_power
from hyperwatt.workers.meters.sensor import Reading, SensorFacts
from hyperwatt.workers.meters.trace_file import load_trace
from hyperwatt.workers.trial_power import TrialPower, follow


class Steady:
    """Draws 200 W in real time; its counter steps every hundredth of a second."""

    def __init__(self) -> None:
        self.lost = False

    def facts(self) -> SensorFacts:
        return SensorFacts("GPU-1", "board", "counter", "gauge", 0.01, 1.0)

    def read(self) -> Reading:
        if self.lost:
            raise MeasurementError("the GPU is lost")
        now_s = time.perf_counter()
        return Reading(now_s, power_w=200.0, energy_j=200.0 * int(now_s * 100) / 100)


@pytest.fixture
def power(tmp_path: Path):
    power = TrialPower(Steady(), tmp_path)
    yield power
    power.close()


def test_the_energies_between_messages_add_up_to_the_trials(power: TrialPower) -> None:
    power.begin("t1")
    begin_s = time.perf_counter()
    told = []
    for _ in range(3):
        time.sleep(0.15)
        told.append(power.spent_j())
    passed_s = time.perf_counter() - begin_s

    assert sum(told) == pytest.approx(200.0 * passed_s, abs=200 * 0.03)


def test_a_moment_too_short_to_be_told_is_told_with_the_next(power: TrialPower) -> None:
    power.begin("t1")
    time.sleep(0.12)
    power.spent_j()
    begin_s = time.perf_counter()
    told = [power.spent_j() for _ in range(5)]
    time.sleep(0.15)
    told.append(power.spent_j())
    passed_s = time.perf_counter() - begin_s

    assert sum(t for t in told if t) == pytest.approx(200.0 * passed_s, abs=200 * 0.03)


def test_each_trial_has_a_file_of_its_own_readings(power: TrialPower, tmp_path: Path) -> None:
    for trial in ("t1", "t2"):
        power.begin(trial)
        for _ in range(3):
            time.sleep(0.02)
            power.spent_j()

    first, second = (load_trace(tmp_path / f"{trial}.csv") for trial in ("t1", "t2"))
    assert first[-1].time_s < second[0].time_s
    assert {reading.power_w for reading in first} == {200.0}


def test_a_lost_device_tells_nothing_and_keeps_what_was_read(tmp_path: Path) -> None:
    sensor = Steady()
    power = TrialPower(sensor, tmp_path)
    power.begin("t1")
    for _ in range(3):
        time.sleep(0.02)
        power.spent_j()
    sensor.lost = True

    assert power.spent_j() is None
    power.close()
    assert len(load_trace(tmp_path / "t1.csv")) >= 2


def test_trials_that_share_a_device_are_not_followed() -> None:
    assert follow({"device": "cuda"}) is None


def test_a_device_that_shows_no_power_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(device: str) -> None:
        raise MeasurementError("no driver")

    monkeypatch.setattr(trial_power, "sensor_of", refuse)

    assert follow({"device": "cuda", "power_log": str(tmp_path)}) is None


def test_a_trial_that_is_resumed_by_another_worker_has_a_second_file(tmp_path: Path) -> None:
    for _ in range(2):
        power = TrialPower(Steady(), tmp_path)
        power.begin("t1")
        power.close()

    assert sorted(path.name for path in tmp_path.iterdir()) == ["t1-2.csv", "t1.csv"]


def test_a_folder_that_cannot_be_written_costs_the_file_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "power").write_text("a file in the place of the folder")
    power = TrialPower(Steady(), tmp_path / "power")

    power.begin("t1")
    time.sleep(0.15)

    assert power.spent_j() > 0
    power.close()
