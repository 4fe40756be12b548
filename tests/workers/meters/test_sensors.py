"""What holds of every sensor, whatever it reads: the contract of `sensor.py`.

Each sensor watches a device that draws constant power, and is read ten times a second. A new one
is one more function that is listed in `SENSORS`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pytest

from hyperwatt.constraints.errors import MeasurementError
from hyperwatt.workers.meters.jetson import JetsonSensor
from hyperwatt.workers.meters.power_trace import Drawn, drawn_between
from hyperwatt.workers.meters.rapl import RaplSensor
from hyperwatt.workers.meters.replay import ReplaySensor
from hyperwatt.workers.meters.sensor import Reading, Scope, Sensor, SensorFacts

WATTS = 42.0
TIMES_S = [0.1 * i for i in range(101)]  # 10 s
RANGE_UJ = 100_000_000  # the counter of RAPL starts again several times


@dataclass(frozen=True)
class Seen:
    """What a sensor told.

    Attributes:
        facts: twice, before and after it was read.
        readings: at `TIMES_S`.
        refused: what the same sensor says where there is nothing to read.
    """

    facts: tuple[SensorFacts, SensorFacts]
    readings: list[Reading]
    refused: str


def watch(sensor: Sensor, absent: Callable[[], Sensor], move: Callable[[float], object]) -> Seen:
    before, readings = sensor.facts(), []
    for time_s in TIMES_S:
        move(time_s)
        readings.append(sensor.read())
    with pytest.raises(MeasurementError) as refusal:
        absent().facts()
    return Seen((before, sensor.facts()), readings, str(refusal.value))


class Now:
    """A clock that is set."""

    def __init__(self) -> None:
        self.time_s = 0.0

    def __call__(self) -> float:
        return self.time_s


def rapl(tmp_path: Path) -> Seen:
    zone, now = tmp_path / "intel-rapl:0", Now()
    zone.mkdir()
    (zone / "name").write_text("package-0\n")
    (zone / "max_energy_range_uj").write_text(f"{RANGE_UJ}\n")

    def move(time_s: float) -> None:
        now.time_s = time_s
        (zone / "energy_uj").write_text(f"{round(WATTS * time_s * 1e6) % RANGE_UJ}\n")

    move(0.0)
    return watch(RaplSensor(tmp_path, now), lambda: RaplSensor(tmp_path / "none", now), move)


def jetson(tmp_path: Path) -> Seen:
    chip, now = tmp_path / "class/hwmon/hwmon1", Now()
    chip.mkdir(parents=True)
    for name, text in {
        "name": "ina3221",
        "in1_label": "VDD_IN",
        "in1_input": "5000",
        "curr1_input": f"{WATTS * 200:.0f}",
    }.items():
        (chip / name).write_text(f"{text}\n")
    sensor = JetsonSensor(tmp_path, now)
    move: Callable[[float], object] = lambda time_s: setattr(now, "time_s", time_s)  # noqa: E731
    return watch(sensor, lambda: JetsonSensor(tmp_path / "none", now), move)


def replay(tmp_path: Path) -> Seen:
    trace, now = tmp_path / "trace.csv", Now()
    trace.write_text("time_s,power_w\n" + "".join(f"{t},{WATTS}\n" for t in (5, 6, 7.5, 8)))
    sensor = ReplaySensor.of(trace, now)
    move: Callable[[float], object] = lambda time_s: setattr(now, "time_s", time_s)  # noqa: E731
    return watch(sensor, lambda: ReplaySensor.of(tmp_path / "none.csv", now), move)


def follow(fake: Any, times_s: list[float]) -> dict[str, Any]:
    """What NVML shows of a board, in a process of its own."""
    from hyperwatt.constraints.errors import MeasurementError
    from hyperwatt.workers.meters.nvml import Nvml
    from hyperwatt.workers.meters.nvml_sensor import NvmlSensor

    nvml = Nvml()
    sensor = NvmlSensor("GPU-1", nvml, fake.clock)
    fake.at(0.0)
    before, readings = sensor.facts(), []
    for time_s in times_s:
        fake.at(time_s)
        readings.append(sensor.read())
    try:
        NvmlSensor("GPU-2", nvml, fake.clock).facts()
        refused = ""
    except MeasurementError as error:
        refused = str(error)
    return {"facts": [before, sensor.facts()], "readings": readings, "refused": refused}


def nvml(new_fake_nvml: Callable[..., Any], gpus: Any) -> Seen:
    fake = new_fake_nvml(gpus.Board(power=((0.0, WATTS),)))
    fake.at(0.0)
    told = fake.run(follow, TIMES_S)
    readings = [
        Reading(**{**row, "slowed_by": frozenset(row["slowed_by"])}) for row in told["readings"]
    ]
    before, after = (SensorFacts(**facts) for facts in told["facts"])
    return Seen((before, after), readings, told["refused"])


SENSORS: dict[str, Callable[..., Seen]] = {
    "rapl": rapl, "jetson": jetson, "replay": replay, "nvml": nvml,
}  # fmt: skip


@pytest.fixture(scope="module", params=SENSORS)
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    sensor = SENSORS[request.param]
    needs = inspect.signature(sensor).parameters
    return sensor(
        **{
            name: tmp_path_factory.mktemp(request.param)
            if name == "tmp_path"
            else request.getfixturevalue(name)
            for name in needs
        }
    )


def test_its_facts_do_not_change(seen: Seen) -> None:
    assert seen.facts[0] == seen.facts[1]


def test_it_says_what_it_is_and_how_long_to_look(seen: Seen) -> None:
    facts = seen.facts[0]

    assert facts.key
    assert facts.scope in get_args(Scope)
    assert facts.counter or facts.gauge
    assert facts.least_window_s >= 10 * facts.counter_step_s
    assert facts.least_window_s > 0


def test_it_has_words_for_what_it_shows_and_for_nothing_else(seen: Seen) -> None:
    facts = seen.facts[0]

    assert {reading.power_w is not None for reading in seen.readings} == {bool(facts.gauge)}
    assert {reading.energy_j is not None for reading in seen.readings} == {bool(facts.counter)}


def test_its_time_is_the_clocks(seen: Seen) -> None:
    assert [reading.time_s for reading in seen.readings] == pytest.approx(TIMES_S)


def test_its_power_is_what_is_drawn_in_watts(seen: Seen) -> None:
    shown_w = [reading.power_w for reading in seen.readings if reading.power_w is not None]

    assert shown_w == pytest.approx([WATTS] * len(shown_w), rel=1e-3)


def test_its_energy_never_falls_and_grows_by_what_is_drawn(seen: Seen) -> None:
    shown_j = [reading.energy_j for reading in seen.readings if reading.energy_j is not None]

    assert shown_j == sorted(shown_j)
    if shown_j:
        step_j = WATTS * seen.facts[0].counter_step_s
        assert shown_j[-1] - shown_j[0] == pytest.approx(WATTS * 10.0, abs=step_j + 1e-3)


def test_a_window_of_it_says_what_is_drawn(seen: Seen) -> None:
    drawn = drawn_between(seen.readings, seen.facts[0], 1.0, 9.0)

    assert isinstance(drawn, Drawn)
    assert drawn.doubt == ""
    assert drawn.power_w == pytest.approx(WATTS, rel=0.013)  # a step of NVML's counter in 8 s


def test_where_there_is_nothing_it_says_so(seen: Seen) -> None:
    assert len(seen.refused) > 20
    assert any(word in seen.refused for word in ("no ", "cannot be read"))
