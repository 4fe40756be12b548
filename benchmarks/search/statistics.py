"""Who is better, over problems of different units: ranks, and whether they differ by chance.

Arms are ranked within each problem and seed by their regret, less is better, ties share a rank, and
a problem's rank is the mean over its seeds. A Friedman test over problems asks whether any arm
differs; Wilcoxon signed-rank tests over problems compare one arm with each other, corrected after
[Holm1979].

References:
    [Holm1979] A simple sequentially rejective multiple test procedure. Scand. J. Statistics 6.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import friedmanchisquare, rankdata, wilcoxon

from hyperwatt.constraints.domains import Array
from hyperwatt.experiments.significance import holm


def mean_ranks(regrets: Sequence[Array]) -> Array:
    """Ranks of arms on each problem.

    Args:
        regrets: one a problem, `(seeds, arms)`; infinite where nothing feasible was found.

    Returns:
        `(problems, arms)`, from 1.

    >>> mean_ranks([np.array([[1.0, 2.0], [1.0, 1.0]])])
    array([[1.25, 1.75]])
    """
    return np.array([rankdata(table, axis=1).mean(axis=0) for table in regrets])


def friedman_p(ranks: Array) -> float:
    """Probability that arms are alike, of ranks `(problems, arms)`; NaN for fewer than 3 each."""
    if min(ranks.shape) < 3 or np.ptp(ranks, axis=1).max() == 0:
        return float("nan")
    return float(friedmanchisquare(*ranks.T).pvalue)


def against_each(ranks: Array, ours: int) -> Array:
    """Two-sided probability, corrected, that one arm is no other than each, `(arms,)`; own: 1."""
    raw = [1.0 if arm == ours else _wilcoxon_p(ranks[:, ours], ranks[:, arm])
           for arm in range(ranks.shape[1])]  # fmt: skip
    others = [arm for arm in range(ranks.shape[1]) if arm != ours]
    corrected = np.ones(len(raw))
    corrected[others] = holm([raw[arm] for arm in others])
    return corrected


def ratio_of_spent(needed: float, theirs: float, most: float) -> float:
    """How many times less was spent: theirs over needed; 0 if it was never reached.

    Args:
        needed: by the arm that is praised; infinite if never.
        theirs: by the other; infinite if never, so that all that there was is taken.
        most: that there was.
    """
    if not np.isfinite(needed):
        return 0.0
    return float(min(theirs, most) / needed)


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Lower quartile, median, upper quartile; infinite values are values.

    >>> quartiles([1.0, 2.0, float("inf")])
    (1.0, 2.0, inf)
    """
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75], method="inverted_cdf")
    return float(low), float(middle), float(high)


def by_seed(runs: Mapping[str, Mapping[int, float]], arms: Sequence[str]) -> Array:
    """Regrets `(seeds, arms)` of the seeds that every arm has."""
    common = sorted(set.intersection(*(set(runs[arm]) for arm in arms)))
    return np.array([[runs[arm][seed] for arm in arms] for seed in common])


def _wilcoxon_p(mine: Array, theirs: Array) -> float:
    if np.allclose(mine, theirs):
        return 1.0
    return float(wilcoxon(mine, theirs, method="asymptotic").pvalue)
