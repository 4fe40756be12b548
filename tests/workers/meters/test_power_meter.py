from dataclasses import replace

import numpy as np
import pytest

from hyperwatt.constraints.errors import MeasurementError
from hyperwatt.constraints.measurement import COUNTER_DOUBTED, IMPRECISE, SHARED
from hyperwatt.workers.meters.idle import IdlePower
from hyperwatt.workers.meters.power_correction import PowerCorrection
from hyperwatt.workers.meters.protocol import Step, Window


def test_constant_power_is_known_to_a_step_of_the_counter(scripted) -> None:
    device = scripted(lambda t: 200.0)

    measured = device.meter().measure("power_w", device.step(), Window())

    assert measured.value == pytest.approx(200.0, rel=0.011)
    assert measured.standard_error == pytest.approx(200 * 0.1 / 10 / 6**0.5, rel=0.05)
    assert measured.method == "counter (board)"


def test_power_and_energy_come_from_one_window(scripted) -> None:
    device = scripted(lambda t: 200.0)

    both = device.meter().measure_together(("power_w", "energy_j"), device.step(items=8), Window())

    assert both["energy_j"].value == pytest.approx(both["power_w"].value * 0.013 / 8, rel=0.01)
    assert device.now_s < 14.0  # 3 s of warm-up and one window of 10 s


def test_a_steady_device_is_measured_no_longer_than_its_sensor_needs(scripted) -> None:
    device = scripted()

    measured = device.meter().measure("power_w", device.step(), Window())

    assert measured.noted["duration_s"] == pytest.approx(10.0, abs=0.1)
    assert measured.flags == ()


def test_an_uneven_device_is_measured_longer(scripted) -> None:
    rng = np.random.default_rng(0)
    levels = rng.uniform(150, 250, 400)
    device = scripted(lambda t: float(levels[int(t)]))

    measured = device.meter().measure("power_w", device.step(), Window())

    assert measured.noted["duration_s"] > 12.0


def test_what_is_not_sure_enough_in_time_says_so_and_how_sure_it_is(scripted) -> None:
    device = scripted(lambda t: 100.0 if int(t / 3) % 2 else 300.0)

    measured = device.meter().measure("power_w", device.step(), Window(target_relative_error=0.01))

    assert IMPRECISE in measured.flags
    assert measured.standard_error > 0.01 * measured.value
    assert measured.noted["duration_s"] == pytest.approx(30.0, abs=0.2)


def test_a_longer_window_is_longer_also_where_the_sensor_sets_its_length(scripted) -> None:
    device = scripted()

    measured = device.meter().measure("power_w", device.step(), Window().longer(4))

    assert measured.noted["duration_s"] == pytest.approx(40.0, abs=0.2)


def test_idle_power_is_measured_once_and_taken_off(scripted, tmp_path) -> None:
    device = scripted(lambda t: 200.0, idle_w=50.0)
    meter = device.meter(idle=IdlePower(tmp_path / "idle.json", sleep=device.sleep))

    first = meter.measure("power_w", device.step(), Window())
    once_s = device.now_s
    second = meter.measure("power_w", device.step(), Window())

    assert first.noted["idle_w"] == pytest.approx(50.0, rel=0.03)
    assert first.noted["above_idle_w"] == pytest.approx(150.0, rel=0.03)
    assert second.noted["idle_w"] == first.noted["idle_w"]
    assert device.now_s - once_s < once_s - 6.0


def test_a_hot_device_cools_down_first_but_not_for_ever(scripted) -> None:
    cooling = scripted(distort=lambda r: replace(r, temperature_c=90 - r.time_s))
    oven = scripted(distort=lambda r: replace(r, temperature_c=90.0))

    for device in (cooling, oven):
        device.meter().measure("power_w", device.step(), Window())

    assert cooling.now_s == pytest.approx(21 + 13, abs=1.5)
    assert oven.now_s == pytest.approx(30 + 13, abs=1.5)


@pytest.mark.parametrize(
    ("name", "distort"),
    [
        ("frozen", lambda r: replace(r, energy_j=7.0)),
        ("reset midway", lambda r: replace(r, energy_j=r.energy_j if r.time_s < 8 else 0.0)),
        ("falling", lambda r: replace(r, energy_j=1e5 - r.energy_j)),
        ("half of the truth", lambda r: replace(r, energy_j=0.57 * r.energy_j)),
        ("ten times the truth", lambda r: replace(r, energy_j=10 * r.energy_j)),
    ],
)
def test_a_counter_that_cannot_be_right_gives_way_to_the_power_shown(
    scripted, name, distort
) -> None:
    device = scripted(lambda t: 200.0, distort=distort)

    measured = device.meter().measure("power_w", device.step(), Window())

    assert measured.value == pytest.approx(200.0, rel=0.02)
    assert measured.flags == (COUNTER_DOUBTED,)
    assert measured.method == "gauge (board)"


@pytest.mark.parametrize(
    ("distort", "says"),
    [
        (lambda r: replace(r, energy_j=7.0, power_w=None), "stood still"),
        (lambda r: replace(r, energy_j=-r.time_s, power_w=None), "fell or was reset"),
        (lambda r: replace(r, energy_j=None, power_w=None), "no energy counter"),
        (lambda r: replace(r, energy_j=None, power_w=0.0), "power shown stood still"),
        (lambda r: replace(r, energy_j=None, power_w=5000.0), "jumped: 5000 W"),
    ],
)
def test_a_window_that_says_nothing_is_refused_with_its_reason(scripted, distort, says) -> None:
    device = scripted(distort=distort)

    with pytest.raises(MeasurementError, match=says):
        device.meter().measure("power_w", device.step(), Window())


def test_constant_power_without_a_counter_is_a_value(scripted) -> None:
    device = scripted(lambda t: 120.0, distort=lambda r: replace(r, energy_j=None))

    measured = device.meter().measure("power_w", device.step(), Window())

    assert measured.value == pytest.approx(120.0, rel=0.01)
    assert "counted_w" not in measured.noted


def test_another_process_at_work_makes_the_value_shared(scripted) -> None:
    alone = scripted(distort=lambda r: replace(r, busy_processes=1))
    beside = scripted(distort=lambda r: replace(r, busy_processes=2))

    values = [d.meter().measure("power_w", d.step(), Window()) for d in (alone, beside)]

    assert [value.attribution == SHARED for value in values] == [False, True]
    assert [value.teaches() for value in values] == [True, False]


def test_heat_that_slows_the_clock_is_flagged_and_teaches_nothing(scripted) -> None:
    device = scripted(distort=lambda r: replace(r, slowed_by=frozenset({"heat"})))

    measured = device.meter().measure("power_w", device.step(), Window())

    assert measured.flags == ("throttled",)
    assert not measured.teaches()


def test_a_step_is_launched_often_before_it_is_waited_for_but_not_a_long_one(scripted) -> None:
    for step_s, at_most in ((0.001, 60), (2.0, 1)):
        device, since, most = scripted(step_s=step_s), [0], [0]
        work = device.step().run

        def run(since=since, work=work) -> None:
            since[0] += 1
            work()

        def wait(since=since, most=most) -> None:
            most[0], since[0] = max(most[0], since[0]), 0

        device.meter(synchronize=wait).measure("power_w", Step(run, lambda: 0, 1), Window())

        assert 0 < most[0] <= at_most


def test_a_sensor_that_is_not_there_measures_nothing_and_says_why(scripted, absent_sensor) -> None:
    meter = replace(scripted().meter(), sensor=absent_sensor)

    assert meter.can_measure() == {}
    assert meter.cannot_measure()["train_power_w"] == "no sensor here; buy one"


CORRECTION = PowerCorrection("gpu:x", 1.05, 3.0, 0.1, "by hand", 0.01)


def test_power_is_corrected_by_what_an_external_meter_saw(scripted, tmp_path) -> None:
    device = scripted(lambda t: 200.0, idle_w=50.0)
    idle = IdlePower(tmp_path / "idle.json", sleep=device.sleep)
    meter = device.meter(correction=CORRECTION, idle=idle)

    measured = meter.measure("power_w", device.step(), Window())

    assert measured.value == pytest.approx(213.0, rel=1e-3)
    assert measured.method == "gauge (board), corrected"
    assert measured.noted["above_idle_w"] == pytest.approx(150.0 * 1.05, rel=0.02)
    assert measured.noted["peak_w"] == 200.0  # as shown
    assert measured.flags == ()


def test_a_counter_at_odds_with_the_power_shown_is_doubted_under_a_correction_too(scripted) -> None:
    device = scripted(distort=lambda r: replace(r, energy_j=0.57 * r.energy_j))

    measured = device.meter(correction=CORRECTION).measure("power_w", device.step(), Window())

    assert measured.flags == (COUNTER_DOUBTED,)
    assert measured.value == pytest.approx(213.0, rel=1e-3)
