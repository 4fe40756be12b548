"""The sensor over NVIDIA's own binding and a library that answers by a script."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

NOT_SUPPORTED, NO_PERMISSION, TIMEOUT = 3, 4, 10
TIMES_S = [0.0, 1.05, 1.95, 2.0, 3.0, 4.0, 5.09]


def look(fake: Any, uuids: list[str]) -> dict[str, Any]:
    """What some boards show, or why they are refused."""
    from hyperwatt.constraints.errors import MeasurementError
    from hyperwatt.workers.meters.nvml import Nvml
    from hyperwatt.workers.meters.nvml_sensor import NvmlSensor

    def look_at(uuid: str) -> dict[str, Any]:
        sensor = NvmlSensor(uuid, nvml, fake.clock)
        try:
            facts, absences = sensor.facts(), dict(sensor.absences())
            return {"facts": facts, "absences": absences, "reading": sensor.read()}
        except MeasurementError as error:
            return {"refused": str(error)}

    nvml = Nvml()
    return {uuid: look_at(uuid) for uuid in uuids}


def follow(fake: Any, uuids: list[str], times_s: list[float]) -> dict[str, list[Any]]:
    """Readings of some boards at some times."""
    from hyperwatt.workers.meters.nvml import Nvml
    from hyperwatt.workers.meters.nvml_sensor import NvmlSensor

    nvml = Nvml()
    sensors = {uuid: NvmlSensor(uuid, nvml, fake.clock) for uuid in uuids}
    readings: dict[str, list[Any]] = {uuid: [] for uuid in uuids}
    for time_s in times_s:
        fake.at(time_s)
        for uuid, sensor in sensors.items():
            readings[uuid].append(sensor.read())
    return readings


@pytest.fixture(scope="module")
def seen(gpus: ModuleType, new_fake_nvml: Callable[..., Any]) -> dict[str, Any]:
    """One machine with a board for each way to tell power, and one for each lack."""
    board, lacks = gpus.Board, gpus.Fault
    rising = ((0.0, 100.0), (10.0, 200.0))  # at 5 s 150 W, the average of a second 145 W
    old = {"power": rising, "scopes": ()}
    boards = [
        board("GPU-healthy", power=rising, limit_w=350.0, temperature_c=61, clock_mhz=1410),
        board("GPU-module", "NVIDIA GH200 480GB", power=rising, scopes=("module", "memory")),
        board("GPU-memory", power=rising, scopes=("memory",)),
        board("GPU-hopper", **old),
        board("GPU-A100", "NVIDIA A100-SXM4-80GB", architecture=7, average_s=0.0, **old),
        board("GPU-3090", "NVIDIA GeForce RTX 3090", architecture=7, **old),
        board("GPU-volta", "Tesla V100", architecture=5, average_s=0.0, **old),
        board("GPU-jetson", "Orin", faults=[lacks(c, NOT_SUPPORTED) for c in POWER_CALLS]),
        board("GPU-zero", power=((0.0, 0.0),), counter=((0.0, 90.0),)),
        board("GPU-GB10", faults=[lacks("nvmlDeviceGetMemoryInfo", NOT_SUPPORTED)]),
        board("GPU-barred", faults=[lacks(c, NO_PERMISSION) for c in POWER_CALLS[1:]]),
        board("GPU-limitless", limit_w=0.0),
        board("GPU-pascal", faults=[lacks(POWER_CALLS[3], NOT_SUPPORTED)]),
        board("GPU-split", slices=[gpus.Slice("MIG-1", 1)]),
    ]
    fake = new_fake_nvml(*boards)
    fake.at(5.0)
    return fake.run(look, ["MIG-1", *(board.uuid for board in boards)])


POWER_CALLS = (
    "nvmlDeviceGetMemoryInfo",
    "nvmlDeviceGetFieldValues",
    "nvmlDeviceGetPowerUsage",
    "nvmlDeviceGetTotalEnergyConsumption",
    "nvmlDeviceGetTemperature",
    "nvmlDeviceGetClockInfo",
)


def test_a_healthy_board_tells_all_in_our_units(seen: dict[str, Any]) -> None:
    healthy = seen["GPU-healthy"]

    assert healthy["reading"] == {
        "time_s": 5.0,
        "power_w": 150.0,
        "energy_j": 625.0,
        "temperature_c": 61.0,
        "clock_mhz": 1410.0,
        "slowed_by": [],
        "used_bytes": 1 << 30,
        "busy_processes": None,
    }
    assert healthy["facts"]["limit_w"] == 350.0
    assert healthy["facts"]["key"] == "GPU-healthy"
    assert healthy["absences"] == {}


@pytest.mark.parametrize(
    ("uuid", "power_w", "gauge", "scope"),
    [
        ("GPU-healthy", 150.0, "NVML instant power", "board"),
        ("GPU-module", 150.0, "NVML instant power", "module"),
        ("GPU-memory", 145.0, "NVML power usage, average over 1 s", "board"),
        ("GPU-hopper", 145.0, "NVML power usage, average over 1 s", "board"),
        ("GPU-A100", 150.0, "NVML power usage, instant", "board"),
        ("GPU-3090", 145.0, "NVML power usage, average over 1 s", "board"),
        ("GPU-volta", 150.0, "NVML power usage, instant", "board"),
    ],
)
def test_power_says_what_it_is_the_power_of(
    seen: dict[str, Any], uuid: str, power_w: float, gauge: str, scope: str
) -> None:
    assert seen[uuid]["reading"]["power_w"] == power_w
    assert (seen[uuid]["facts"]["gauge"], seen[uuid]["facts"]["scope"]) == (gauge, scope)


def test_a_board_that_tells_nothing_is_refused_with_the_reasons(seen: dict[str, Any]) -> None:
    refused = seen["GPU-jetson"]["refused"]

    assert "neither power (NVML: Not Supported" in refused
    assert "nor energy (NVML: Not Supported" in refused
    assert "Jetson" in refused


def test_no_permission_is_another_reason_than_no_sensor(seen: dict[str, Any]) -> None:
    assert "administrator" in seen["GPU-barred"]["refused"]


def test_a_power_of_zero_is_absent(seen: dict[str, Any]) -> None:
    zero = seen["GPU-zero"]

    assert zero["reading"]["power_w"] is None
    assert zero["absences"]["power_w"] == "it shows 0 W"
    assert zero["facts"]["gauge"] == ""
    assert zero["reading"]["energy_j"] == 450.0


def test_what_one_part_lacks_the_others_do_not(seen: dict[str, Any]) -> None:
    board = seen["GPU-GB10"]

    assert board["reading"]["used_bytes"] is None
    assert "Not Supported" in board["absences"]["used_bytes"]
    assert board["reading"]["power_w"] == 200.0


def test_without_a_counter_power_is_shown_all_the_same(seen: dict[str, Any]) -> None:
    facts = seen["GPU-pascal"]["facts"]

    assert (facts["counter"], facts["counter_step_s"]) == ("", 0.0)
    assert facts["gauge"] == "NVML instant power"
    assert seen["GPU-pascal"]["reading"]["energy_j"] is None


def test_a_limit_of_zero_is_no_limit(seen: dict[str, Any]) -> None:
    assert seen["GPU-limitless"]["facts"]["limit_w"] is None


def test_a_divided_board_is_refused_and_says_what_can_be_measured(seen: dict[str, Any]) -> None:
    assert "MIG" in seen["GPU-split"]["refused"]
    assert "latency and memory can be measured" in seen["GPU-split"]["refused"]


def test_a_slice_is_refused_too(seen: dict[str, Any]) -> None:
    assert seen["MIG-1"]["refused"].startswith("MIG-1: of MIG slices NVML tells neither")


@pytest.fixture(scope="module")
def followed(gpus: ModuleType, new_fake_nvml: Callable[..., Any]) -> dict[str, list[Any]]:
    """One machine with boards on which something changes as time goes on."""
    process, fault = gpus.Process, gpus.Fault
    boards = [
        gpus.Board("GPU-jump", power=((0.0, 100.0), (2.0, 100.0), (2.0, 300.0), (4.0, 500.0))),
        gpus.Board("GPU-late", faults=[fault("nvmlDeviceGetTemperature", TIMEOUT, 2, times=1)]),
        gpus.Board("GPU-poor", faults=[fault("nvmlDeviceGetClockInfo", NOT_SUPPORTED, times=1)]),
        gpus.Board("GPU-dips", power=((2.0, 200.0), (2.0, 0.0), (3.0, 0.0), (3.0, 200.0))),
        gpus.Board(
            "GPU-busy",
            processes=[
                process(4_000_001, 97, at_s=1.5),
                process(4_000_002, 97, at_s=2.5),
                process(4_000_003, 5, at_s=2.6),
                process(4_000_004, 1, at_s=2.7),  # waits
                process(4_000_005, 4_000, at_s=2.8),  # a driver's slip
            ],
        ),
    ]
    return new_fake_nvml(*boards).run(follow, [board.uuid for board in boards], TIMES_S)


def test_energy_is_exact_at_each_step_of_the_counter(followed: dict[str, list[Any]]) -> None:
    told = [reading["energy_j"] for reading in followed["GPU-jump"]]

    assert told == [0.0, 100.0, 190.0, 200.0, 550.0, 1000.0, 1500.0]


def test_power_is_that_of_the_moment(followed: dict[str, list[Any]]) -> None:
    told = [reading["power_w"] for reading in followed["GPU-jump"]]

    assert told == [100.0, 100.0, 100.0, 300.0, 400.0, 500.0, 500.0]


def test_a_call_that_fails_once_is_absent_once(followed: dict[str, list[Any]]) -> None:
    readings = followed["GPU-late"]

    assert [r["temperature_c"] for r in readings] == [45.0, None, *[45.0] * 5]
    assert all(reading["power_w"] == 200.0 for reading in readings)


def test_what_a_board_does_not_have_is_not_asked_again(followed: dict[str, list[Any]]) -> None:
    """The call would answer from the second time on."""
    assert all(reading["clock_mhz"] is None for reading in followed["GPU-poor"])


def test_a_zero_between_readings_is_absent_once(followed: dict[str, list[Any]]) -> None:
    told = [reading["power_w"] for reading in followed["GPU-dips"]]

    assert told == [200.0, 200.0, 200.0, None, 200.0, 200.0, 200.0]


def test_processes_of_the_host_count_while_they_compute(followed: dict[str, list[Any]]) -> None:
    told = [reading["busy_processes"] for reading in followed["GPU-busy"]]

    assert told == [None, None, 1, None, 2, None, None]


@pytest.fixture(scope="module")
def held_back(gpus: ModuleType, new_fake_nvml: Callable[..., Any]) -> dict[str, Any]:
    causes = (0x00, 0x01, 0x04, 0x08, 0x20, 0x40, 0x48, 0x80, 0xAC)
    boards = [gpus.Board(f"GPU-{bits:02x}", reasons=bits) for bits in causes]
    return new_fake_nvml(*boards).run(look, [board.uuid for board in boards])


@pytest.mark.parametrize(
    ("reasons", "causes"),
    [
        ("00", []),
        ("01", []),  # idle
        ("04", ["power cap"]),
        ("08", ["power brake"]),
        ("20", ["heat"]),
        ("40", ["heat"]),
        ("48", ["heat"]),  # the hardware slows down because it is hot
        ("80", ["power brake"]),
        ("ac", ["heat", "power brake", "power cap"]),
    ],
)
def test_it_says_why_the_clock_is_held_back(
    held_back: dict[str, Any], reasons: str, causes: list[str]
) -> None:
    assert held_back[f"GPU-{reasons}"]["reading"]["slowed_by"] == causes


def test_boards_are_told_apart_by_uuid(fake_nvml: Any, gpus: ModuleType) -> None:
    fake_nvml.show(gpus.Board("GPU-0", power=((0.0, 70.0),)), gpus.Board(power=((0.0, 300.0),)))

    seen = fake_nvml.run(look, ["GPU-1", "GPU-0", "GPU-2"])

    assert seen["GPU-1"]["reading"]["power_w"] == 300.0
    assert seen["GPU-0"]["reading"]["power_w"] == 70.0
    assert "no GPU GPU-2" in seen["GPU-2"]["refused"]


def test_an_older_driver_shows_what_it_can(new_fake_nvml: Callable[..., Any]) -> None:
    missing = (
        "nvmlDeviceGetFieldValues",
        "nvmlDeviceGetTotalEnergyConsumption",
        "nvmlDeviceGetCurrentClocksEventReasons",
        "nvmlDeviceGetMigMode",
        "nvmlDeviceGetProcessUtilization",
    )
    seen = new_fake_nvml(without=missing).run(look, ["GPU-1"])["GPU-1"]

    assert seen["facts"]["gauge"] == "NVML power usage, average over 1 s"
    assert seen["reading"]["power_w"] == 200.0
    assert set(seen["absences"]) == {"energy_j", "busy_processes"}
    assert "driver is too old" in seen["absences"]["energy_j"]
