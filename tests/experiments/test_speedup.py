import numpy as np
import pytest

from hyperwatt.experiments.curves import Curve
from hyperwatt.experiments.speedup import (
    samples_ratio,
    speedup_to_best,
    speedup_to_samples,
    trainings_to_best,
)


def curve(times_s: list[float], best: list[float], samples: list[float] | None = None) -> Curve:
    count = np.arange(len(times_s), dtype=np.float64)
    looked = count if samples is None else np.array(samples)
    return Curve(count, np.array(times_s), np.array(best), looked)


NAN = float("nan")
SLOW = curve([0, 100, 200, 300], [NAN, 0.5, 0.4, 0.4])
QUICK = curve([0, 10, 20, 50], [NAN, 0.6, 0.45, 0.3])
NOTHING = curve([0, 100, 250], [NAN, NAN, NAN])


def test_the_ratio_is_of_the_times_at_which_each_had_the_default_s_best() -> None:
    assert speedup_to_best([SLOW], [QUICK]).median == pytest.approx(200 / 50)
    assert trainings_to_best([SLOW], [QUICK]).median == pytest.approx(2 / 3)


def test_a_value_that_was_never_reached_counts_as_no_speed_up_at_all() -> None:
    ratio = speedup_to_best([QUICK], [SLOW])

    assert (ratio.median, ratio.never) == (0.0, 1)


def test_where_the_default_found_nothing_its_whole_time_is_a_lower_bound() -> None:
    ratio = speedup_to_best([NOTHING], [QUICK])

    assert (ratio.median, ratio.bounds) == (250 / 10, 1)


def test_where_neither_found_anything_there_is_no_ratio() -> None:
    assert speedup_to_best([NOTHING], [NOTHING]).pairs == 0
    assert str(speedup_to_best([NOTHING], [NOTHING])) == "none"


def test_samples_count_what_the_gate_refused() -> None:
    eager = curve([0, 10, 20], [NAN, NAN, NAN], [0, 9, 20])

    assert samples_ratio([SLOW], [eager]).median == pytest.approx(20 / 3)
    assert speedup_to_samples([SLOW], [eager]).median == pytest.approx(300 / 10)


def test_an_interval_needs_five_pairs_and_holds_the_median() -> None:
    faster = [curve([0, 10 * k, 200], [NAN, 0.4, 0.4]) for k in range(1, 7)]

    four, six = (speedup_to_best([SLOW] * n, faster[:n]) for n in (4, 6))

    assert np.isnan(four.low)
    assert six.low <= six.median <= six.high
    assert six.low >= 200 / 60
    assert six.high <= 200 / 10
