import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hyperwatt.orchestrator.hypervolume import hypervolume
from hyperwatt.orchestrator.pareto import (
    dominated_share,
    extent,
    non_dominated,
    reference_point,
    representatives,
)

# few distinct values, so that ties and duplicates are common
some_losses = st.tuples(st.integers(1, 12), st.integers(1, 4)).flatmap(
    lambda shape: arrays(
        np.float64, shape, elements=st.sampled_from([0.0, 1.0, 2.0, 3.0, np.nan, np.inf])
    )
)


@given(some_losses)
def test_the_front_is_what_brute_force_finds(losses: np.ndarray) -> None:
    finite = np.isfinite(losses).all(axis=1)
    expected = [
        finite[i]
        and not any(
            finite[j]
            and (losses[j] <= losses[i]).all()
            and ((losses[j] < losses[i]).any() or j < i)
            for j in range(len(losses))
        )
        for i in range(len(losses))
    ]

    assert non_dominated(losses).tolist() == expected


def test_with_one_objective_the_front_is_the_first_of_the_least() -> None:
    assert non_dominated(np.array([[3.0], [1.0], [1.0]])).tolist() == [False, True, False]


def test_an_empty_set_has_an_empty_front() -> None:
    assert non_dominated(np.zeros((0, 2))).tolist() == []
    assert representatives(np.zeros((0, 2)), 3) == []
    assert representatives(np.full((2, 2), np.nan), 3) == []


@given(some_losses)
def test_widths_are_positive_and_every_front_point_lies_below_the_reference(
    losses: np.ndarray,
) -> None:
    if not np.isfinite(losses).all(axis=1).any():
        with pytest.raises(ValueError, match="finite row"):
            extent(losses)
        return
    ideal, width = extent(losses)
    front = losses[non_dominated(losses)]

    assert (width > 0).all()
    assert (front >= ideal).all()
    assert (front < reference_point(losses)).all()


def test_a_front_without_width_takes_that_of_all_points() -> None:
    ideal, width = extent(np.array([[1.0, 1.0], [3.0, 2.0], [2.0, np.inf]]))

    assert ideal.tolist() == [1.0, 1.0]
    assert width.tolist() == [2.0, 1.0]


def test_the_dominated_share_does_not_depend_on_units() -> None:
    rng = np.random.default_rng(0)
    losses, units = rng.random((30, 3)), np.array([1e-9, 1.0, 1e6])
    ideal, reference = extent(losses)[0], reference_point(losses)

    share = dominated_share(losses, ideal, reference)

    assert 0 < share < 1
    assert dominated_share(losses * units, ideal * units, reference * units) == pytest.approx(share)


def test_points_better_than_the_ideal_dominate_the_whole_box_and_no_more() -> None:
    assert dominated_share(np.array([[-5.0, -5.0]]), np.zeros(2), np.ones(2)) == 1.0


def test_nothing_known_dominates_nothing() -> None:
    assert dominated_share(np.full((1, 2), np.nan), np.zeros(2), np.ones(2)) == 0.0


def test_representatives_are_distinct_members_of_the_front() -> None:
    rng = np.random.default_rng(1)
    losses = rng.random((60, 2))
    front = set(np.flatnonzero(non_dominated(losses)).tolist())

    few = representatives(losses, 3)

    assert len(set(few)) == 3
    assert set(few) <= front
    assert set(representatives(losses, 1000)) == front


def test_the_first_representative_dominates_most_of_all() -> None:
    losses = np.array([[0.0, 1.0], [0.2, 0.2], [1.0, 0.0]])
    volumes = [hypervolume(losses[[i]], reference_point(losses)) for i in range(3)]

    assert representatives(losses, 1) == [int(np.argmax(volumes))] == [1]


def test_with_one_objective_the_only_representative_is_the_best() -> None:
    assert representatives(np.array([[3.0], [1.0], [2.0]]), 3) == [1]
