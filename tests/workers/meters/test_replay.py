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
