"""Improvement and feasibility in logarithms that stay finite."""

import mpmath
import numpy as np
import pytest
from scipy.stats import norm

from hyperwatt.orchestrator.log_improvement import log_chance_inside, log_expected_improvement


@pytest.mark.parametrize(
    "z", [8.0, 1.0, 0.0, -0.5, -0.999, -1.0, -1.001, -10.0, -1e2, -9.9e3, -1.01e4, -1e6]
)
def test_it_agrees_with_sixty_digits(z: float) -> None:
    with mpmath.workdps(60):
        exact = mpmath.log(mpmath.npdf(z) + z * mpmath.ncdf(z)) if z > -1e4 else None

    found = log_expected_improvement(np.array([-z]), np.array([1.0]), 0.0)[0]

    # beyond ten thousand, the next term of the series
    expected = float(exact) if exact is not None else norm.logpdf(z) - 2 * np.log(-z) - 3 / z**2
    assert found == pytest.approx(expected, rel=1e-9)


def test_improvement_has_the_unit_of_the_losses() -> None:
    mean, std = np.array([3.0, 5.0]), np.array([1.0, 0.2])

    found = log_expected_improvement(1000 * mean, 1000 * std, 4000.0)

    assert found == pytest.approx(log_expected_improvement(mean, std, 4.0) + np.log(1000))


def test_it_orders_points_that_plain_improvement_calls_all_hopeless() -> None:
    mean = np.array([100.0, 50.0, 200.0])

    found = log_expected_improvement(mean, np.ones(3), 0.0)

    assert np.isfinite(found).all()
    assert np.argsort(-found).tolist() == [1, 0, 2]


@pytest.mark.parametrize(("mean", "std"), [(0.0, 1.0), (1e200, 1e-9), (-1e200, 1e-9), (1e6, 1.0)])
def test_a_chance_is_never_minus_infinity(mean: float, std: float) -> None:
    found = log_chance_inside(np.array([mean]), np.array([std]), 0.0)[0]

    assert np.isfinite(found)
    assert found <= 0


def test_the_chance_on_the_bound_is_a_half() -> None:
    assert log_chance_inside(np.array([2.0]), np.array([0.3]), 2.0)[0] == pytest.approx(np.log(0.5))
