from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy.stats import PermutationMethod, rankdata, wilcoxon

from hyperwatt.experiments.significance import holm, leaning, repeats_needed, signed_rank_p

INF = float("inf")
distinct = some.lists(
    some.integers(-1000, 1000).filter(bool), min_size=1, max_size=12, unique_by=abs
)
tied = some.lists(some.integers(-3, 3), min_size=1, max_size=9)


@given(distinct)
def test_without_ties_it_is_scipy_s_exact_probability(differences: list[int]) -> None:
    p = signed_rank_p(np.array(differences, dtype=float))

    assert p == pytest.approx(wilcoxon(differences, method="exact").pvalue)


@given(tied)
def test_with_ties_it_is_the_share_of_all_signs_that_are_as_extreme(differences: list[int]) -> None:
    held = np.array([d for d in differences if d], dtype=float)
    ranks = rankdata(np.abs(held))
    sums = np.array([np.dot(ranks, signs) for signs in product((0, 1), repeat=len(held))])
    seen = ranks[held > 0].sum()
    expected = min(1.0, 2 * min((sums >= seen).mean(), (sums <= seen).mean()))

    assert signed_rank_p(differences) == pytest.approx(expected)


def test_with_ties_it_is_scipy_s_permutation_test() -> None:
    differences = np.array([1.0, 1.0, -1.0, 2.0, 2.0, 3.0, 5.0])
    every = PermutationMethod(n_resamples=1000)  # more than 2^7, so that all signs are tried

    p = wilcoxon(differences, method=every).pvalue

    assert signed_rank_p(differences) == pytest.approx(p)


@given(tied)
def test_who_is_called_first_does_not_change_the_probability(differences: list[int]) -> None:
    other = [-d for d in differences]

    assert signed_rank_p(differences) == pytest.approx(signed_rank_p(other))
    assert leaning(differences) == -leaning(other)


def test_five_pairs_can_never_fall_below_a_sixteenth() -> None:
    least = min(signed_rank_p(signs) for signs in product((-2.0, -1.0, 0.0, 1.0, INF), repeat=5))

    assert least == 0.0625
    assert repeats_needed(1) == 6


def test_only_one_that_found_anything_is_the_greatest_difference_of_all() -> None:
    assert signed_rank_p([INF, 1.0, 2.0, -3.0]) == signed_rank_p([4.0, 1.0, 2.0, -3.0])
    assert signed_rank_p([-INF, 1.0]) == signed_rank_p([-2.0, 1.0])


def test_no_difference_at_all_is_no_evidence_and_no_pair_has_no_probability() -> None:
    assert signed_rank_p([0.0] * 9) == 1.0
    assert np.isnan(signed_rank_p([]))
    assert (leaning([]), leaning([0.0])) == (0, 0)


def test_by_chance_alone_it_hardly_ever_claims_anything() -> None:
    # false alarm: exact tests reject at most 5 %; more than 30 of 400 in fewer than 1 of 100 tries
    rng = np.random.default_rng(0)

    alarms = sum(signed_rank_p(rng.normal(size=8)) < 0.05 for _ in range(400))

    assert alarms <= 30


@pytest.mark.parametrize("tests", range(1, 30))
def test_the_repeats_that_could_show_something_are_the_fewest(tests: int) -> None:
    pairs = repeats_needed(tests)
    best = [holm([signed_rank_p(range(1, n + 1))] * tests)[0] for n in (pairs - 1, pairs)]

    assert best[1] < 0.05
    assert best[0] >= 0.05


@given(some.lists(some.floats(0, 1), min_size=1, max_size=8))
def test_correction_never_lowers_keeps_the_order_and_stays_a_probability(raw: list[float]) -> None:
    corrected = holm(raw)

    assert (corrected >= np.array(raw)).all()
    assert (corrected <= 1).all()
    order = np.argsort(raw, kind="stable")
    assert (np.diff(corrected[order]) >= 0).all()


def test_correction_by_hand() -> None:
    assert holm([0.04, 0.001, 0.3, 0.02]) == pytest.approx([0.08, 0.004, 0.3, 0.06])
