"""On which scale a surrogate sees losses, so that a few terrible ones do not hide the good.

Numbers change losses smoothly, and how much better the best ones are is worth knowing: losses stay
as they are, but for those further above the median than the best is below it, which are cut off
there. Unordered choices jump: there the ranks alone, spread as a normal sample, are learned faster
(benchmarks/search/README.md).
"""

from __future__ import annotations

import numpy as np
from scipy.stats import norm, rankdata

from ..constraints.domains import Array

LEAST_UNIT = 1e-12  # of the farthest value


def winsorised(losses: Array) -> Array:
    """Losses, cut off as far above the median as the best one lies below it.

    >>> winsorised(np.array([1.0, 2.0, 3.0, 4.0, 900.0]))
    array([1., 2., 3., 4., 5.])
    """
    middle, best = float(np.median(losses)), float(losses.min())
    return np.minimum(losses, 2 * middle - best) if middle > best else losses


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
