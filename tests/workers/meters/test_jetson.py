from pathlib import Path

import pytest

from hyperwatt.constraints.errors import MeasurementError
from hyperwatt.workers.meters.jetson import JetsonSensor, find_rails

# labels of the boards' first monitor, as their developer guides list them
BOARDS = {
    "Orin NX": ("VDD_IN", "VDD_CPU_GPU_CV", "VDD_SOC"),
    "AGX Orin": ("VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"),
    "AGX Xavier": ("GPU", "CPU", "SOC"),
    "Nano": ("POM_5V_IN", "POM_5V_GPU", "POM_5V_CPU"),
}


def new_kernel(root: Path, labels: tuple[str, ...], name: str = "ina3221") -> Path:
    folder = root / "class/hwmon/hwmon3"
    folder.mkdir(parents=True)
    (folder / "name").write_text(f"{name}\n")
    for number, label in enumerate(labels, 1):
        (folder / f"in{number}_label").write_text(f"{label}\n")
        (folder / f"in{number}_input").write_text("5000\n")
        (folder / f"curr{number}_input").write_text(f"{1000 * number}\n")
    return folder


def old_kernel(root: Path, labels: tuple[str, ...]) -> None:
    folder = root / "bus/i2c/drivers/ina3221x/1-0040/iio:device0"
    folder.mkdir(parents=True)
    for number, label in enumerate(labels):
        (folder / f"rail_name_{number}").write_text(f"{label}\n")
        (folder / f"in_power{number}_input").write_text(f"{5000 * (number + 1)}\n")


@pytest.mark.parametrize("kernel", [new_kernel, old_kernel])
@pytest.mark.parametrize(
    ("board", "rail", "scope"),
    [
        ("Orin NX", "VDD_IN", "module"),
        ("AGX Orin", "VDD_GPU_SOC", "rail"),
        ("AGX Xavier", "GPU", "rail"),
        ("Nano", "POM_5V_IN", "module"),
    ],
)
def test_a_boards_whole_module_is_shown_or_else_its_gpu(
    tmp_path: Path, kernel, board: str, rail: str, scope: str
) -> None:
    kernel(tmp_path, BOARDS[board])
    sensor = JetsonSensor(tmp_path, clock=lambda: 7.0)

    assert (sensor.facts().gauge, sensor.facts().scope) == (f"INA3221 {rail}", scope)
    assert sensor.facts().counter == ""
    assert (sensor.read().time_s, sensor.read().power_w) == (7.0, pytest.approx(5.0))


def test_the_gpus_temperature_is_read_where_it_has_a_zone(tmp_path: Path) -> None:
    new_kernel(tmp_path, BOARDS["Orin NX"])
    for number, (kind, temp) in enumerate((("CPU-therm", 40_000), ("GPU-therm", 61_500))):
        zone = tmp_path / f"class/thermal/thermal_zone{number}"
        zone.mkdir(parents=True)
        (zone / "type").write_text(f"{kind}\n")
        (zone / "temp").write_text(f"{temp}\n")

    assert JetsonSensor(tmp_path).read().temperature_c == 61.5


@pytest.mark.parametrize(
    ("labels", "name", "says"),
    [
        ((), "ina3221", "this is no Jetson"),
        (("VDD_IN",), "coretemp", "this is no Jetson"),
        (("FAN",), "ina3221", "none feeds the module"),
    ],
)
def test_what_is_not_there_is_a_reason_and_never_0(tmp_path: Path, labels, name, says) -> None:
    new_kernel(tmp_path, labels, name)

    with pytest.raises(MeasurementError, match=says):
        JetsonSensor(tmp_path).facts()


def test_a_rail_that_cannot_be_read_says_how_to_open_it(tmp_path: Path) -> None:
    folder = new_kernel(tmp_path, ("VDD_IN",))
    (folder / "curr1_input").unlink()

    with pytest.raises(MeasurementError, match="sudo chmod a"):
        JetsonSensor(tmp_path).facts()
    assert JetsonSensor(tmp_path).read().power_w is None


def test_rails_without_a_monitor_are_none(tmp_path: Path) -> None:
    assert list(find_rails(tmp_path)) == []


@pytest.mark.parametrize("gpu", ["57000000.gpu", "17000000.gv11b", "17000000.ga10b"])
def test_the_clock_is_the_gpus_and_no_other_engines(tmp_path: Path, gpu: str) -> None:
    new_kernel(tmp_path, BOARDS["Orin NX"])
    for name, clock_hz in (("15340000.vic", 115_200_000), (gpu, 918_000_000)):
        (tmp_path / "class/devfreq" / name).mkdir(parents=True)
        (tmp_path / "class/devfreq" / name / "cur_freq").write_text(f"{clock_hz}\n")

    assert JetsonSensor(tmp_path).read().clock_mhz == pytest.approx(918.0)


def test_a_gpu_that_sleeps_tells_no_temperature(tmp_path: Path) -> None:
    new_kernel(tmp_path, BOARDS["Orin NX"])
    zone = tmp_path / "class/thermal/thermal_zone1"
    zone.mkdir(parents=True)
    (zone / "type").write_text("gpu-thermal\n")  # and its `temp` cannot be read

    assert JetsonSensor(tmp_path).read().temperature_c is None


def test_a_wider_rail_that_is_switched_off_gives_way_to_one_that_is_not(tmp_path: Path) -> None:
    folder = new_kernel(tmp_path, BOARDS["Orin NX"])
    (folder / "in1_input").unlink()

    assert JetsonSensor(tmp_path).facts().gauge == "INA3221 VDD_CPU_GPU_CV"
    assert JetsonSensor(tmp_path).read().power_w == pytest.approx(10.0)


def test_the_sum_of_a_chip_is_no_rail(tmp_path: Path) -> None:
    folder = new_kernel(tmp_path, BOARDS["AGX Orin"])
    (folder / "in7_label").write_text("sum of shunt voltages\n")

    assert [rail.label for rail in find_rails(tmp_path)] == list(BOARDS["AGX Orin"])
