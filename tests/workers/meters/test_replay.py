import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hyperwatt.constraints.errors import MeasurementError
from hyperwatt.workers.meters.replay import ReplaySensor
from hyperwatt.workers.meters.sensor import Reading
from hyperwatt.workers.meters.trace_file import TraceFile, load_trace

TRACE = [Reading(5.0 + t, power_w=p) for t, p in ((0.0, 100.0), (1.0, 200.0), (3.0, 100.0))]
ROUND_J = 150.0 + 300.0


def at(*times_s: float) -> list[Reading]:
    clock = iter(times_s)
    sensor = ReplaySensor("trace.csv", TRACE, clock=lambda: next(clock))
    return [sensor.read() for _ in times_s]


def test_a_trace_is_shown_from_its_beginning_at_the_pace_of_the_clock() -> None:
    assert [reading.power_w for reading in at(50.0, 50.5, 52.0)] == [100.0, 150.0, 150.0]


def test_energy_grows_by_the_same_in_each_round() -> None:
    readings = at(50.0, 51.0, 53.0, 54.0, 56.0, 59.0)

    energies = [reading.energy_j for reading in readings]
    assert energies == pytest.approx([0.0, 150.0, ROUND_J, ROUND_J + 150, 2 * ROUND_J, 3 * ROUND_J])


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    written = [Reading(1.25, 100.5, 7.0, 61.0, 1410.0), Reading(2.5, 90.0), Reading(3.0, 80.0)]
    for part in (written[:2], written[2:]):  # a resumed trial goes on with its file
        file = TraceFile.open(tmp_path / "power" / "t1.csv")
        for reading in part:
            file.append(reading)
        file.close()

    assert load_trace(tmp_path / "power" / "t1.csv") == tuple(written)


@pytest.mark.slow
def test_nothing_is_lost_when_the_writer_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "t1.csv"
    code = f"""
from pathlib import Path
from hyperwatt.workers.meters.sensor import Reading
from hyperwatt.workers.meters.trace_file import TraceFile
file = TraceFile.open(Path({str(path)!r}))
for i in range(500):
    file.append(Reading(float(i), power_w=50.0))
print("written", flush=True)
while True:
    pass
"""
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert child.stdout.readline() == b"written\n"
    os.kill(child.pid, signal.SIGKILL)
    child.communicate()

    assert len(load_trace(path)) == 500


def test_a_recorded_counter_is_shown_and_grows_from_round_to_round() -> None:
    trace = [Reading(t, power_w=100.0, energy_j=7e3 + 90.0 * t) for t in (0.0, 1.0, 2.0)]
    clock = iter((50.0, 51.5, 52.0, 55.0))
    sensor = ReplaySensor("trace.csv", trace, clock=lambda: next(clock))

    assert [sensor.read().energy_j for _ in range(4)] == pytest.approx([0.0, 135.0, 180.0, 450.0])
    assert sensor.facts().counter == "recorded energy"


def test_temperature_and_clock_are_those_that_were_recorded_last() -> None:
    trace = [Reading(t, 100.0, temperature_c=60 + t, clock_mhz=1400 + t) for t in (0.0, 1.0, 2.0)]
    clock = iter((50.0, 51.9))
    sensor = ReplaySensor("trace.csv", trace, clock=lambda: next(clock))

    shown = [sensor.read() for _ in range(2)]

    assert [(r.temperature_c, r.clock_mhz) for r in shown] == [(60, 1400), (61, 1401)]


def test_a_file_whose_last_line_was_cut_off_is_gone_on_with_whole(tmp_path: Path) -> None:
    path = tmp_path / "t1.csv"
    path.write_text("time_s,power_w,energy_j,temperature_c,clock_mhz\n1,50,,,\n2,5")

    file = TraceFile.open(path)
    file.append(Reading(3.0, power_w=52.0))
    file.close()

    assert [(r.time_s, r.power_w) for r in load_trace(path)] == [(1.0, 50.0), (3.0, 52.0)]


def test_a_line_that_was_cut_off_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "t1.csv"
    path.write_text("time_s,power_w\n0,50\n1,51\n2,5x")

    assert [reading.power_w for reading in load_trace(path)] == [50.0, 51.0]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("time,power\n1,2\n2,3\n", "no column `time_s`; it has no column `power_w`"),
        ("time_s,power_w\n1,50\n", "1 readings of power, at least 2"),
        ("time_s,power_w\n2,50\n1,-3\n", "must rise from line to line; `power_w` must not be"),
        ("", "0 readings"),
        ("time_s,power_w\n0,x\n1,50\n2,nan\n", "line 2 is not .*; line 4 is not .*; it has 1 read"),
        ("time_s,power_w\n" + "x,y\n" * 20, "line 6 is not of finite numbers; and 16 more"),
    ],
)
def test_a_trace_that_cannot_be_replayed_has_all_its_faults_named(tmp_path, text, says) -> None:
    path = tmp_path / "trace.csv"
    path.write_text(text)

    with pytest.raises(MeasurementError, match=says):
        load_trace(path)


def test_a_trace_that_is_not_there_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(MeasurementError, match="cannot be read"):
        ReplaySensor.of(tmp_path / "none.csv")
