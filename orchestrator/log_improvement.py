"""The logarithm of expected improvement, safe where improvement is too small for a float.

    log EI = log std + log h(z)        h(z) = phi(z) + z Phi(z),  z = (best - mean) / std

Far from the incumbent EI is 0 in floating point, and a pool of zeros cannot be ranked; its
logarithm can, and adds up with logarithms of probabilities.

References:
    [Ament2023] S. Ament et al. Unexpected Improvements to Expected Improvement for Bayesian
        Optimization. NeurIPS 2023.
"""

from __future__ import annotations

import numpy as np
from scipy.special import erfcx, log_ndtr

from ..constraints.domains import Array

LOG_SQRT_2_PI = 0.5 * np.log(2 * np.pi)
ASYMPTOTIC = 1e4  # beyond, 1 - z sqrt(pi/2) erfcx(z / sqrt 2) = 1 / z^2 has lost its digits


def log_expected_improvement(mean: Array, std: Array, best: float) -> Array:
    """Logarithm of the expected improvement of normal losses on `best`.

    Args:
        mean: `(m,)`.
        std: `(m,)`, above 0.
        best: the loss to improve on.

    Returns:
        `(m,)`, finite.
    """
    return np.asarray(np.log(std) + _log_h((best - mean) / std))


def log_chance_inside(mean: Array, std: Array, bound: float) -> Array:
    """Logarithm of the probability that normal values are at most `bound`, `(m,)`, finite."""
    return np.asarray(log_ndtr(np.maximum((bound - mean) / std, -1e100)))


def _log_h(z: Array) -> Array:
    """log(phi(z) + z Phi(z)), in three ranges [Ament2023]."""
    density = -0.5 * z**2 - LOG_SQRT_2_PI
    near = np.maximum(z, -1.0)
    direct = np.log(np.exp(-0.5 * near**2 - LOG_SQRT_2_PI) + near * np.exp(log_ndtr(near)))
    far = np.clip(-z, 1.0, ASYMPTOTIC)
    tail = density + np.log1p(-far * np.sqrt(np.pi / 2) * erfcx(far / np.sqrt(2)))
    limit = density - 2 * np.log(np.maximum(-z, 1.0))
    return np.asarray(np.where(z > -1, direct, np.where(z > -ASYMPTOTIC, tail, limit)))
