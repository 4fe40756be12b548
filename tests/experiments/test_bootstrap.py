import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.stats import bootstrap

from hyperwatt.experiments.bootstrap import mean_interval, median_interval, middle

INF = float("inf")
numbers = some.floats(-1e6, 1e6)


@given(some.lists(numbers, min_size=1, max_size=9))
def test_the_median_of_finite_values_is_numpy_s(values: list[float]) -> None:
    assert float(middle(values)) == pytest.approx(float(np.median(values)))


def test_the_median_of_infinite_values_is_a_value() -> None:
    assert float(middle([INF, INF, 1.0])) == INF
    assert float(middle([-INF, 1.0])) == -INF
    assert float(middle([-INF, -INF, INF, INF])) == 0.0


def test_fewer_than_five_values_support_no_interval() -> None:
    assert np.isnan(mean_interval([1.0, 2.0, 3.0, 4.0])).all()
    assert np.isnan(median_interval([])).all()


@given(some.lists(numbers, min_size=5, max_size=9))
def test_an_interval_lies_within_the_values_and_keeps_its_order(values: list[float]) -> None:
    for low, high in (mean_interval(values), median_interval(values)):
        slack = 1e-9 * max(1.0, *map(abs, values))
        assert min(values) - slack <= low <= high <= max(values) + slack


def test_the_intervals_are_scipy_s_percentile_bootstrap() -> None:
    values = np.random.default_rng(1).normal(size=12)

    for ours, statistic in ((mean_interval, np.mean), (median_interval, np.median)):
        theirs = bootstrap((values,), statistic, method="percentile", rng=2).confidence_interval
        assert ours(values) == pytest.approx(tuple(theirs), abs=0.06)  # both draw at random


def test_runs_that_found_nothing_widen_an_interval_to_the_infinite() -> None:
    low, high = median_interval([1.0, 1.0, 2.0, INF, INF])

    assert (low, high) == (1.0, INF)
