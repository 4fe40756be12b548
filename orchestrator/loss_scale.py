"""On which scale a surrogate sees losses, so that a few terrible ones do not hide the good.

Numbers change losses smoothly, and how much better the best ones are is worth knowing: the better
three quarters of losses stay as they are, and those above grow by the logarithm only. Cut off, they
would all be the same, and a model of the few around the best would know nothing of where not to
look. Unordered choices jump: there the ranks alone, spread as a normal sample, are learned faster
(benchmarks/search/README.md).
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm, rankdata

from ..constraints.domains import Array

LEAST_UNIT = 1e-12  # of the farthest value
KEPT = 0.75  # share of the losses that stay; at half, less is known of where not to look
MOST_UNITS = 1e6  # how far above these a loss may lie; farther ones are equal


def softened(losses: Array) -> Array:
    """Losses, those of the worst quarter on a logarithmic scale of what the others span.

    >>> softened(np.array([1.0, 2.0, 3.0, 4.0, 900.0])).round(1)
    array([ 1. ,  2. ,  3. ,  4. , 21.1])
    """
    best, worst = float(losses.min()), float(np.quantile(losses, KEPT))
    unit = worst - best
    if unit <= 0:
        return losses
    with np.errstate(over="ignore"):
        above = np.clip((losses - worst) / unit, 0.0, MOST_UNITS)
    return np.where(losses > worst, worst + unit * np.log1p(above), losses)


def normal_ranks(losses: Array) -> Array:
    """What a normal sample of that size has at each loss's rank; equal losses share one.

    >>> normal_ranks(np.array([7.0, 1.0, 3.0])).round(2)
    array([ 0.97, -0.97,  0.  ])
    """
    return np.asarray(norm.ppf((rankdata(losses) - 0.5) / len(losses)))


def signed_logs(values: Array, bound: float) -> Array:
    """How far values lie beyond a bound, on a scale that is linear near it and logarithmic far off.

    >>> signed_logs(np.array([-1.0, 2.0, 5.0]), 2.0).round(2)
    array([-0.69,  0.  ,  0.69])
    """
    beyond = values - bound
    far = np.abs(beyond)
    unit = max(float(np.median(far)), LEAST_UNIT * float(far.max(initial=0.0))) or 1.0
    return np.asarray(np.sign(beyond) * np.log1p(far / unit))
