import numpy as np
import pytest

from hyperwatt.workers.meters.power_trace import Drawn, Implausible, drawn_between, integral_j
from hyperwatt.workers.meters.sensor import Reading


def trace(times_s, powers_w, energies_j=None) -> list[Reading]:
    energies_j = [None] * len(times_s) if energies_j is None else energies_j
    return [
        Reading(float(t), power_w=p, energy_j=e)
        for t, p, e in zip(times_s, powers_w, energies_j, strict=True)
    ]


def test_the_integral_of_a_line_is_exact_wherever_it_is_read() -> None:
    rng = np.random.default_rng(0)
    times = np.sort(rng.uniform(0, 10, 30))
    times[0], times[-1] = 0.0, 10.0

    for begin, end in np.add(rng.uniform(0, 5, (20, 2)), [0, 5]):
        exact = 3 * (end - begin) + (end**2 - begin**2)

        assert integral_j(times, 3 + 2 * times, begin, end) == pytest.approx(exact)


def test_integrals_of_neighbouring_windows_add_up() -> None:
    rng = np.random.default_rng(1)
    times, powers = np.arange(0, 10, 0.1), rng.uniform(50, 300, 100)

    parts = integral_j(times, powers, 0.23, 4.4) + integral_j(times, powers, 4.4, 9.1)

    assert parts == pytest.approx(integral_j(times, powers, 0.23, 9.1))


def test_equal_readings_are_kept(facts) -> None:
    drawn = drawn_between(trace(np.arange(0, 11, 0.1), [80.0] * 110), facts(), 0.0, 10.0)

    assert isinstance(drawn, Drawn)
    assert drawn.energy_j == pytest.approx(800.0)
    assert drawn.standard_error_j == pytest.approx(0.0, abs=1e-9)


def test_a_gap_in_the_readings_is_not_bridged(facts) -> None:
    times = np.concatenate([np.arange(0, 3, 0.1), np.arange(7, 10.1, 0.1)])

    told = drawn_between(trace(times, [80.0] * len(times)), facts(), 0.0, 10.0)

    assert isinstance(told, Implausible)
    assert "cover 59%" in told.reason


def test_a_counter_tells_energy_over_a_gap(facts) -> None:
    times = [0.0, 0.1, 9.9, 10.0]

    drawn = drawn_between(trace(times, [80.0] * 4, [80 * t for t in times]), facts(), 0.0, 10.0)

    assert isinstance(drawn, Drawn)
    assert (drawn.method, drawn.energy_j) == ("counter", pytest.approx(800.0))
    assert drawn.shown_j is None


def test_counter_and_integral_may_differ_by_a_tenth(facts) -> None:
    times = np.arange(0, 10.1, 0.1)
    doubts = {}
    for factor in (0.92, 0.88):
        told = drawn_between(
            trace(times, [100.0] * len(times), factor * 100 * times), facts(), 0.0, 10.0
        )
        doubts[factor] = told.doubt

    assert doubts[0.92] == ""
    assert "880 J" in doubts[0.88]


def test_what_is_not_read_up_to_its_ends_is_not_told(facts) -> None:
    readings = trace([2.0, 2.1], [80.0, 80.0], [1.0, 9.0])

    assert isinstance(drawn_between(readings, facts(), 0.0, 10.0), Implausible)
    assert isinstance(drawn_between([], facts(), 0.0, 10.0), Implausible)


def test_the_peak_is_the_highest_power_shown_and_the_95th_percentile_below(facts) -> None:
    powers = [100.0] * 90 + [300.0] * 11
    drawn = drawn_between(trace(np.arange(0, 10.05, 0.1), powers), facts(), 0.0, 10.0)

    assert isinstance(drawn, Drawn)
    assert drawn.peak_w == 300.0
    assert drawn.power_w < drawn.p95_w <= 300.0
