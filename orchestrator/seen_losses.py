"""The losses that trainings showed, made fit to learn from: none is infinite, none drowns the rest.

A training that failed counts as the worst one seen, so that its neighbourhood is avoided. A loss
that lies very far above the others (an exploded cross-entropy, say) is brought down to where it is
still the worst by far, so that a model sees the differences between the rest.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..constraints.domains import Array

# A loss may lie so many times the middle half's width above it. Of normal values one in 10^40 does;
# at half, one in 10^11. At double, a model's scale is set by the outlier.
FARTHEST = 10.0
LARGEST = 1e100  # its square is still a number


def fit_to_learn_from(
    losses: Sequence[float | None] | Array, *, at_least: float = -np.inf
) -> Array:
    """Losses without holes and far outliers, `(n,)`.

    Args:
        losses: None, NaN or infinite where a training gave none.
        at_least: none is brought down below this, such as a bound that it breaks.

    >>> fit_to_learn_from([1.0, None, 2.0])
    array([1., 2., 2.])
    >>> fit_to_learn_from([1.0, 2.0, 3.0, 4.0, 1e30])
    array([ 1.,  2.,  3.,  4., 24.])
    """
    given = np.array([np.nan if loss is None else loss for loss in losses], dtype=np.float64)
    given = np.where(np.isfinite(given), np.clip(given, -LARGEST, LARGEST), np.nan)
    known = given[np.isfinite(given)]
    if not len(known):
        return np.ones(len(given))
    worst = min(float(known.max()), max(_farthest(known), at_least))
    return np.where(np.isfinite(given), np.minimum(given, worst), worst)


def _farthest(losses: Array) -> float:
    """Above this, a loss is an outlier; none is where more than half are equal."""
    with np.errstate(over="ignore", invalid="ignore"):  # near the ends of what a float can hold
        low, high = np.quantile(losses, [0.25, 0.75])
        return float(high + FARTHEST * (high - low)) if high > low else float("inf")
