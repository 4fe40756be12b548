"""Whether one search is better than others, over repeats of equal seed, or only by chance.

Paired differences are ranked by size, and the ranks of one sign are added [Wilcoxon1945]. How
likely such a sum is by chance is counted exactly, ties included, as every difference might have
had either sign; pairs without a difference say nothing and are left out. Approximations are not
used: with five tied pairs they claim 0.04 where no test can say less than 0.0625. Several
comparisons are corrected after [Holm1979].

References:
    [Wilcoxon1945] Individual comparisons by ranking methods. Biometrics Bulletin 1.
    [Holm1979] A simple sequentially rejective multiple test procedure. Scand. J. Statistics 6.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from ..constraints.domains import Array
from .bootstrap import LEAST_REPEATS

ALPHA = 0.05


def signed_rank_p(differences: Sequence[float] | Array) -> float:
    """Two-sided probability that paired differences are as one-sided by chance; NaN without any.

    Args:
        differences: `(n,)`; infinite where only one of a pair found anything.

    >>> signed_rank_p([1.0, 2.0, 3.0, 4.0, np.inf])
    0.0625
    """
    held = np.asarray(differences, dtype=np.float64)
    if not len(held):
        return float("nan")
    held = held[held != 0]
    ranks = np.rint(2 * rankdata(np.abs(held))).astype(int)  # halves of ties become whole numbers
    likely = _sums(ranks)
    sum_up = int(ranks[held > 0].sum())
    tail = min(likely[: sum_up + 1].sum(), likely[sum_up:].sum())
    return float(min(1.0, 2 * tail))


def leaning(differences: Sequence[float] | Array) -> int:
    """To which side the ranks lean: 1, 0 or -1.

    >>> leaning([3.0, -1.0, -1.0]), leaning([0.0])
    (0, 0)
    """
    held = np.asarray(differences, dtype=np.float64)
    return int(np.sign((np.sign(held) * rankdata(np.abs(held))).sum()))


def holm(values: Sequence[float]) -> Array:
    """Corrected probabilities in the order given.

    >>> holm([0.01, 0.04, 0.03])
    array([0.03, 0.06, 0.06])
    """
    p = np.asarray(values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    stepped = p[order] * np.arange(len(p), 0, -1)
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(stepped))
    return corrected


def repeats_needed(tests: int) -> int:
    """The fewest pairs with which one of so many corrected tests can fall below 5 % at all.

    The least two-sided probability of n pairs, all with the same winner, is 2 / 2^n.

    >>> repeats_needed(1), repeats_needed(2), repeats_needed(6)
    (6, 7, 8)
    """
    pairs = LEAST_REPEATS
    while max(1, tests) * 2.0 ** (1 - pairs) >= ALPHA:
        pairs += 1
    return pairs


def _sums(ranks: Array) -> Array:
    """Probability of each sum of ranks of one sign, `(sum + 1,)`, by chance."""
    likely = np.zeros(int(ranks.sum()) + 1)
    likely[0] = 1.0
    for rank in ranks:
        moved = np.zeros_like(likely)
        moved[rank:] = likely[: len(likely) - rank]
        likely = (likely + moved) / 2
    return likely
