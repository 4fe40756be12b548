"""What goes wrong with NVML, each at the place where it really does: inside the library."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from hyperwatt.constraints.errors import MeasurementError


def open_with(fake: Any, codes: list[int]) -> dict[int, str]:
    """What is said when the library does not start, by code."""
    from fake_nvml import Board, Fault

    from hyperwatt.constraints.errors import MeasurementError
    from hyperwatt.workers.meters.nvml import Nvml

    refusals = {}
    for code in codes:
        fake.show(Board(), faults=[Fault("nvmlInitWithFlags", code)])
        try:
            Nvml()
        except MeasurementError as error:
            refusals[code] = str(error)
    return refusals


def test_a_library_that_does_not_start_says_what_would_help(fake_nvml: Any) -> None:
    helps = {
        4: "administrator",
        9: "load NVIDIA's driver",
        12: "`utility` capability",
        17: "a container or its rules forbid its use",
        18: "restart the machine after the driver's upgrade",
        999: "if this is a container, start it anew",
    }

    refusals = fake_nvml.run(open_with, list(helps))

    assert set(refusals) == {str(code) for code in helps}
    assert all(help_ in refusals[str(code)] for code, help_ in helps.items())


def open_only(fake: Any) -> None:
    from hyperwatt.workers.meters.nvml import Nvml

    Nvml()


def test_a_library_that_is_not_there_says_what_would_help(fake_nvml: Any, tmp_path: Any) -> None:
    """An empty file takes its place, so that a real one is not found instead."""
    (tmp_path / "libnvidia-ml.so.1").touch()
    fake_nvml.library = tmp_path

    with pytest.raises(MeasurementError, match="install NVIDIA's driver, or give the container"):
        fake_nvml.run(open_only)


def test_a_driver_of_before_the_binding_is_too_old(new_fake_nvml: Callable[..., Any]) -> None:
    with pytest.raises(MeasurementError, match="the driver is too old"):
        new_fake_nvml(without=("nvmlInitWithFlags",)).run(open_only)


def lose(fake: Any, codes: list[int]) -> list[Any]:
    """How readings end when a board is lost after the second."""
    from fake_nvml import Board, Fault

    from hyperwatt.constraints.errors import MeasurementError
    from hyperwatt.workers.meters.nvml import Nvml
    from hyperwatt.workers.meters.nvml_sensor import NvmlSensor

    ends = []
    for code in codes:
        fake.show(Board(faults=[Fault("nvmlDeviceGetTotalEnergyConsumption", code, after=3)]))
        sensor = NvmlSensor("GPU-1", Nvml(), fake.clock)
        whole = [sensor.read().energy_j is not None for _ in range(2)]
        try:
            sensor.read()
        except MeasurementError as error:
            ends.append([whole, str(error)])
    return ends


def test_a_board_that_is_lost_ends_the_readings(fake_nvml: Any) -> None:
    lost, reset, not_there, unknown = 15, 16, 28, 999

    ends = fake_nvml.run(lose, [lost, reset, not_there, unknown])

    assert [whole for whole, _ in ends] == [[True, True]] * 4
    assert all("the GPU is gone; " in says for _, says in ends)


def draw(fake: Any, uuids: list[str], now_s: float) -> dict[str, Any]:
    """What is made of ten seconds of readings of some boards."""
    from hyperwatt.workers.meters.nvml import Nvml
    from hyperwatt.workers.meters.nvml_sensor import NvmlSensor
    from hyperwatt.workers.meters.power_trace import drawn_between

    nvml = Nvml()
    sensors = [NvmlSensor(uuid, nvml, fake.clock) for uuid in uuids]
    readings: list[list[Any]] = [[] for _ in uuids]
    for step in range(51):
        fake.at(now_s + step / 5)
        for mine, sensor in zip(readings, sensors, strict=True):
            mine.append(sensor.read())
    told = zip(uuids, sensors, readings, strict=True)
    return {u: drawn_between(mine, s.facts(), now_s, now_s + 10) for u, s, mine in told}


@pytest.fixture(scope="module")
def drawn(gpus: ModuleType, new_fake_nvml: Callable[..., Any]) -> dict[str, Any]:
    """One machine with a board for each fault of values, drawing 200 W or showing that."""
    steady = ((0.0, 200.0),)
    boards = [
        gpus.Board("GPU-steady"),
        gpus.Board("GPU-ramp", power=((20.0, 100.0), (30.0, 300.0))),
        gpus.Board("GPU-reset", reset_s=25.0),
        gpus.Board("GPU-frozen", power=steady, counter=((0.0, 90.0), (20.0, 90.0), (20.0, 0.0))),
        gpus.Board("GPU-falls", power=steady, counter=((0.0, 200.0), (22.0, 200.0), (22.0, -50.0))),
        gpus.Board("GPU-zeus", power=((0.0, 65.4),), counter=((0.0, 37.4),)),
        gpus.Board("GPU-jumps", counter=((0.0, 200.0), (22.0, 200.0), (22.0, 9e4), (23.0, 200.0))),
        gpus.Board("GPU-spike", power=_spike(9e4), counter=steady),
        gpus.Board("GPU-dark", power=((0.0, 0.0),), counter=steady),
        gpus.Board("GPU-dead", power=((0.0, 200.0), (19.0, 200.0), (19.5, 0.0))),
    ]
    return new_fake_nvml(*boards).run(draw, [board.uuid for board in boards], 20.0)


def _spike(watts: float) -> list[tuple[float, float]]:
    return [(0.0, 200.0), (22.0, 200.0), (22.0, watts), (22.5, watts), (22.5, 200.0)]


@pytest.mark.parametrize("uuid", ["GPU-steady", "GPU-ramp"])
def test_the_counter_of_a_healthy_board_is_believed(drawn: dict[str, Any], uuid: str) -> None:
    """Power that stays the same is a signal like any other."""
    assert drawn[uuid]["method"] == "counter"
    assert drawn[uuid]["energy_j"] == pytest.approx(2000.0)
    assert drawn[uuid]["shown_j"] == pytest.approx(2000.0)


@pytest.mark.parametrize(
    ("uuid", "doubt"),
    [
        ("GPU-reset", "fell or was reset"),
        ("GPU-frozen", "stood still"),
        ("GPU-falls", "fell or was reset"),
        ("GPU-jumps", "jumped"),
    ],
)
def test_a_counter_that_cannot_be_gives_way_to_the_power_shown(
    drawn: dict[str, Any], uuid: str, doubt: str
) -> None:
    assert drawn[uuid]["method"] == "gauge"
    assert doubt in drawn[uuid]["doubt"]
    assert drawn[uuid]["energy_j"] == pytest.approx(2000.0)


def test_a_counter_at_odds_with_the_power_shown_is_not_believed(drawn: dict[str, Any]) -> None:
    assert drawn["GPU-zeus"]["doubt"].startswith("the energy counter says 374 J")
    assert drawn["GPU-zeus"]["energy_j"] == pytest.approx(654.0)


def test_a_spike_of_the_power_shown_leaves_the_counter(drawn: dict[str, Any]) -> None:
    assert drawn["GPU-spike"]["energy_j"] == pytest.approx(2000.0)


def test_a_board_that_shows_no_power_has_its_counter(drawn: dict[str, Any]) -> None:
    assert drawn["GPU-dark"]["method"] == "counter"
    assert drawn["GPU-dark"]["shown_j"] is None


def test_a_board_that_draws_nothing_at_work_says_nothing(drawn: dict[str, Any]) -> None:
    assert "stood still" in drawn["GPU-dead"]["reason"]
