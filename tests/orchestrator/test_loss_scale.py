"""A few terrible losses do not hide the good ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hyperwatt.orchestrator.loss_scale import KEPT, normal_ranks, signed_logs, softened

LOSSES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30).map(np.array)


@given(LOSSES)
def test_no_scale_changes_who_is_better(losses: np.ndarray) -> None:
    order = np.argsort(losses, kind="stable")
    for scale in (softened, normal_ranks):
        assert (np.diff(scale(losses)[order]) >= 0).all()


@given(LOSSES)
def test_the_better_part_keeps_its_losses(losses: np.ndarray) -> None:
    good = losses <= np.quantile(losses, KEPT)

    assert (softened(losses)[good] == losses[good]).all()


def test_an_outlier_lies_a_few_times_as_far_off_as_the_others_span_and_no_farther() -> None:
    wild = np.array([1.0, 2.0, 3.0, 4.0, 1e300])

    assert softened(wild).max() < 4.0 + 15 * 3.0


def test_ranks_do_not_change_with_any_growing_function_of_the_losses() -> None:
    losses = np.random.default_rng(0).lognormal(size=20)

    assert np.array_equal(normal_ranks(losses), normal_ranks(np.log(losses)))


def test_equal_losses_stay_equal() -> None:
    assert softened(np.ones(5)).tolist() == [1.0] * 5
    assert normal_ranks(np.ones(5)) == pytest.approx(np.zeros(5))


@given(LOSSES, st.floats(-1e6, 1e6))
def test_the_bound_is_where_the_sign_changes(values: np.ndarray, bound: float) -> None:
    logs = signed_logs(values, bound)

    assert np.isfinite(logs).all()
    told = np.abs(values - bound) > 1e-300  # halves of less are nothing
    assert (np.sign(logs) == np.sign(values - bound))[told].all()
