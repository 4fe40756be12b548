from __future__ import annotations

import numpy as np
import pytest

from benchmarks.search.statistics import (
    against_each,
    by_seed,
    friedman_p,
    mean_ranks,
    quartiles,
    ratio_of_spent,
)

INF = float("inf")


def test_ranks_do_not_depend_on_units() -> None:
    rng = np.random.default_rng(0)
    tables = [rng.random((5, 4)) for _ in range(3)]

    assert np.array_equal(mean_ranks(tables), mean_ranks([1000 * table**3 for table in tables]))


def test_who_finds_nothing_is_last_and_equals_share_a_rank() -> None:
    ranks = mean_ranks([np.array([[0.1, INF, 0.2, INF]])])

    assert ranks.tolist() == [[1.0, 3.5, 2.0, 3.5]]


def test_an_arm_that_always_wins_differs_and_one_that_is_the_same_does_not() -> None:
    rng = np.random.default_rng(1)
    tables = [np.column_stack([np.zeros(6), rng.random((6, 3)) + 1]) for _ in range(14)]
    ranks = mean_ranks(tables)
    p = against_each(ranks, 0)

    assert friedman_p(ranks) < 0.01
    assert (p[1:] < 0.01).all()
    assert p[0] == 1.0


def test_by_chance_alone_hardly_anything_differs() -> None:
    # false alarm: 5 % a draw with one test, fewer after the correction; at most 8 of 60 in 99.6 %
    rng = np.random.default_rng(2)
    alarms = 0
    for _ in range(60):
        ranks = mean_ranks([rng.random((4, 3)) for _ in range(12)])
        alarms += bool((against_each(ranks, 0) < 0.05).any())

    assert alarms <= 8


@pytest.mark.parametrize(
    ("needed", "theirs", "ratio"),
    [(10.0, 80.0, 8.0), (10.0, INF, 10.0), (INF, 80.0, 0.0), (INF, INF, 0.0)],
)
def test_a_ratio_is_told_against_the_one_that_is_praised(
    needed: float, theirs: float, ratio: float
) -> None:
    assert ratio_of_spent(needed, theirs, 100) == ratio


def test_quartiles_hold_the_infinite() -> None:
    assert quartiles([1.0, 2.0, 3.0, INF]) == (1.0, 2.0, 3.0)
    assert quartiles([INF]) == (INF, INF, INF)


def test_only_seeds_that_all_have_are_compared() -> None:
    runs = {"a": {0: 1.0, 1: 2.0}, "b": {1: 3.0, 2: 4.0}}

    assert by_seed(runs, ["a", "b"]).tolist() == [[2.0, 3.0]]
