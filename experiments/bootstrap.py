"""Bootstrap intervals of a mean or a median over repeats, at 95 %.

Percentiles of the statistic over resampled repeats. Fewer than five repeats support no interval.
Infinite values are values: a run that found nothing is worse than any that found something.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..constraints.domains import Array

CONFIDENCE = 0.95
# At half, the ends of an interval move by about 2 % of its width from one seed to another.
RESAMPLES = 5000
LEAST_REPEATS = 5  # fewer support no interval
Statistic = Callable[[Array], Array]


def middle(values: ArrayLike) -> Array:
    """Medians along the last axis.

    Where half of the values are infinitely bad and half infinitely good, the median is 0.

    >>> float(middle([1.0, np.inf, np.inf])), float(middle([-np.inf, np.inf]))
    (inf, 0.0)
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64), axis=-1)
    count = ordered.shape[-1]
    low, high = ordered[..., (count - 1) // 2], ordered[..., count // 2]
    opposite = np.isinf(low) & np.isinf(high) & (low != high)
    return np.where(opposite, 0.0, 0.5 * low + 0.5 * np.where(opposite, low, high))


def median_interval(values: Sequence[float] | Array) -> tuple[float, float]:
    """Of the median; NaN with fewer than five values.

    >>> median_interval([1.0, 1.0, 1.0, 1.0])
    (nan, nan)
    """
    return _interval(values, middle)


def mean_interval(values: Sequence[float] | Array) -> tuple[float, float]:
    """Of the mean of finite values; NaN with fewer than five."""
    return _interval(values, lambda drawn: np.asarray(drawn.mean(axis=-1)))


def _interval(values: Sequence[float] | Array, statistic: Statistic) -> tuple[float, float]:
    held = np.asarray(values, dtype=np.float64)
    if len(held) < LEAST_REPEATS:
        return np.nan, np.nan
    rng = np.random.default_rng(0)
    found = statistic(rng.choice(held, (RESAMPLES, len(held))))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(found, [tail, 1 - tail], method="inverted_cdf")
    return float(low), float(high)
