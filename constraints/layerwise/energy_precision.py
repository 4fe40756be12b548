"""The energy-precision ratio: one number for how much energy a network's accuracy costs.

    EPR = error ** alpha * energy per item

Lower is better; a larger `alpha` weighs accuracy more. Name and purpose are [Cai2017]'s.

References:
    [Cai2017] see columns.py.
"""

from __future__ import annotations


def energy_precision_ratio(error: float, energy_j: float, *, alpha: float = 1.0) -> float:
    """Error to the power of alpha, times energy.

    Args:
        error: share of wrong answers, in [0, 1].
        energy_j: per item, positive.
        alpha: weight of the error; 0 compares energy alone.

    Returns:
        In joules.

    Raises:
        ValueError: if an argument is outside its range.

    >>> round(energy_precision_ratio(0.1, 2.0, alpha=2.0), 6)
    0.02
    """
    if not 0 <= error <= 1:
        raise ValueError(f"`error` must be a share between 0 and 1, got {error}")
    if not energy_j > 0:
        raise ValueError(f"`energy_j` must be positive, got {energy_j}")
    if not alpha >= 0:
        raise ValueError(f"`alpha` must not be negative, got {alpha}")
    return float(error**alpha * energy_j)
