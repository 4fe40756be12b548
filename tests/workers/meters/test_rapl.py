from pathlib import Path

import pytest

from hyperwatt.constraints.errors import MeasurementError
from hyperwatt.workers.meters.power_meter import PowerMeter
from hyperwatt.workers.meters.protocol import Step, Window
from hyperwatt.workers.meters.rapl import RaplSensor, fault
from hyperwatt.workers.meters.sampler import Sampler

RANGE_UJ = 262_143_328_850


class Unwatched(Sampler):
    """Reads only when it is told to, so that time stands still meanwhile."""

    def _sample(self) -> None: ...


class FakeCpu:
    """A powercap tree of two packages that draw constant power on a clock that work moves."""

    def __init__(self, root: Path, watts: tuple[float, float], start_uj: int = 0) -> None:
        self.now_s = 0.0
        self.watts = watts
        self.start_uj = start_uj
        self.zones = [root / f"intel-rapl:{i}" for i in range(2)]
        for i, zone in enumerate(self.zones):
            zone.mkdir()
            (zone / "name").write_text(f"package-{i}\n")
            (zone / "max_energy_range_uj").write_text(f"{RANGE_UJ}\n")
        for name, inner in (("intel-rapl:0:0", "core"), ("intel-rapl:2", "psys")):
            (root / name).mkdir()
            (root / name / "name").write_text(f"{inner}\n")
        self.work(0.0)

    def work(self, duration_s: float) -> None:
        self.now_s += duration_s
        for zone, watts in zip(self.zones, self.watts, strict=True):
            shown_uj = (self.start_uj + round(watts * self.now_s * 1e6)) % RANGE_UJ
            (zone / "energy_uj").write_text(f"{shown_uj}\n")

    def step(self, items: int = 1) -> Step:
        return Step(lambda: self.work(0.01), lambda: 0, items)

    def clock(self) -> float:
        return self.now_s

    def sensor(self) -> RaplSensor:
        return RaplSensor(self.zones[0].parent, self.clock)

    def meter(self) -> PowerMeter:
        return PowerMeter("cpu:x", self.sensor(), clock=self.clock, watch=Unwatched)


def test_power_is_that_of_all_packages_and_no_part_of_them(tmp_path: Path) -> None:
    cpu = FakeCpu(tmp_path, (30.0, 12.0))

    measured = cpu.meter().measure("power_w", cpu.step(), Window())

    assert measured.value == pytest.approx(42.0, rel=1e-6)
    assert measured.standard_error == pytest.approx(42.0 * 0.001 / 6**0.5, rel=0.02)


def test_energy_is_per_item(tmp_path: Path) -> None:
    cpu = FakeCpu(tmp_path, (30.0, 12.0))

    measured = cpu.meter().measure("energy_j", cpu.step(items=4), Window())

    assert measured.value == pytest.approx(42.0 * 0.01 / 4, rel=1e-6)


@pytest.mark.parametrize("before_uj", [0, 1, 5_000_000, 15_000_000])
def test_a_counter_that_starts_again_does_not_show(tmp_path: Path, before_uj: int) -> None:
    cpu = FakeCpu(tmp_path, (30.0, 12.0), start_uj=RANGE_UJ - before_uj)

    assert cpu.meter().measure("power_w", cpu.step(), Window()).value == pytest.approx(42.0)


@pytest.mark.parametrize("every_s", [1.0, 777.7, 4000.0])
def test_through_any_number_of_rounds_the_total_is_exact(tmp_path: Path, every_s: float) -> None:
    cpu = FakeCpu(tmp_path, (30.0, 12.0))  # a round takes 8738 s at 30 W
    sensor = cpu.sensor()
    begin = sensor.read().energy_j

    for _ in range(30):
        cpu.work(every_s)
        energy_j = sensor.read().energy_j

    assert energy_j - begin == pytest.approx(42.0 * 30 * every_s, rel=1e-9)


def test_a_machine_without_counters_names_devices_that_can(tmp_path: Path) -> None:
    meter = PowerMeter("cpu:x", RaplSensor(tmp_path))

    assert meter.can_measure() == {}
    assert "`device: cuda` (through NVML)" in meter.cannot_measure()["power_w"]
    with pytest.raises(MeasurementError, match="this CPU shows no RAPL"):
        meter.measure("train_power_w", Step(lambda: None, lambda: 0, 1), Window())


def test_a_counter_for_root_only_says_how_to_open_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    FakeCpu(tmp_path, (30.0, 12.0))
    read = Path.read_text

    def guarded(path: Path) -> str:
        if path.name == "energy_uj":
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    monkeypatch.setattr(Path, "read_text", guarded)  # tests may run as root, whom no mode stops

    assert "sudo chmod a+r" in fault(tmp_path)


def test_a_broken_counter_is_a_reason(tmp_path: Path) -> None:
    cpu = FakeCpu(tmp_path, (30.0, 12.0))
    (cpu.zones[1] / "energy_uj").write_text("n/a")

    assert "cannot be read" in fault(tmp_path)
