from dataclasses import replace

import pytest

from hyperwatt.constraints.errors import MeasurementError
from hyperwatt.workers.meters.self_test import self_test


def check(device, load: bool = True):
    def work(duration_s: float) -> None:
        end_s = device.now_s + duration_s
        while device.now_s < end_s:
            device.step().run()

    return self_test(device, work if load else None, rest=device.sleep, watch=device.watch)


def test_a_counter_that_agrees_passes_at_rest_and_at_work(scripted) -> None:
    idle, load = check(scripted(lambda t: 200.0, idle_w=50.0))

    assert (idle.passed, load.passed) == (True, True)
    assert "apart by" in load.says
    assert load.told.power_w == pytest.approx(200.0, rel=0.02)


def test_a_counter_that_misses_a_part_of_the_work_fails_and_both_figures_are_told(scripted) -> None:
    (idle,) = check(scripted(distort=lambda r: replace(r, energy_j=0.57 * r.energy_j)), load=False)

    assert idle.passed is False
    assert "50.0 W" in idle.says
    assert "apart by 4" in idle.says


def test_with_one_of_the_two_alone_nothing_is_claimed(scripted) -> None:
    (gauge,) = check(scripted(distort=lambda r: replace(r, energy_j=None)), load=False)
    (counter,) = check(scripted(distort=lambda r: replace(r, power_w=None)), load=False)

    assert (gauge.passed, counter.passed) == (None, None)
    assert "by the power shown alone" in gauge.says
    assert "by the energy counter alone" in counter.says


def test_a_frozen_counter_without_power_fails_with_its_reason(scripted) -> None:
    (idle,) = check(scripted(distort=lambda r: replace(r, energy_j=1.0, power_w=None)), load=False)

    assert idle.passed is False
    assert "stood still" in idle.says


def test_a_sensor_that_is_not_there_raises(absent_sensor) -> None:
    with pytest.raises(MeasurementError, match="buy one"):
        self_test(absent_sensor)
