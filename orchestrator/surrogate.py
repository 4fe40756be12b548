"""The surrogate: scikit-optimize's Gaussian process, what improves on it, and what keeps a bound.

The kernel is fitted anew when the observations have grown by a fifth; in between, new observations
enter a process with the kernel there is. It is a function of the first observations alone, so that
a resumed sweep has the same one.

References:
    [Ginsbourger2010] D. Ginsbourger, R. Le Riche, L. Carraro. Kriging is well-suited to parallelize
        optimization. 2010. (kriging believer: a running trial counts as its own prediction)
"""

from __future__ import annotations

import warnings
from functools import lru_cache

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from skopt.acquisition import gaussian_ei
from skopt.learning import GaussianProcessRegressor
from skopt.learning.gaussian_process.kernels import ConstantKernel, Matern

from ..constraints.domains import Array
from ..constraints.gate import chance_inside
from ..constraints.growth import refit_at

# In units of a range; chosen, not tuned.
LENGTH_SCALES = (0.05, 20.0)


def expected_improvement(
    features: Array,
    losses: Array,
    *,
    at: Array,
    pending: Array,
    best: float,
) -> Array:
    """Expected improvement on `best` at some points.

    Args:
        features: `(n, D)` of observed candidates.
        losses: `(n,)`.
        at: `(m, D)`.
        pending: `(k, D)` of candidates under way; each is believed to turn out as predicted
            [Ginsbourger2010], so that the next choice lies elsewhere.
        best: the loss to improve on.

    Returns:
        `(m,)`, not negative, in the unit of the losses.
    """
    model = _process(features, losses)
    if len(pending):
        believed = np.concatenate([losses, model.predict(pending)])
        model = _with_kernel_of(model, np.vstack([features, pending]), believed)
    with np.errstate(divide="ignore"):  # a kernel reads the logarithm of a noise of zero
        improvement = gaussian_ei(at, model, y_opt=best, xi=0.0)
    return np.asarray(improvement, dtype=np.float64)


def chance_below(features: Array, values: Array, *, at: Array, bound: float) -> Array:
    """Probability that a value which only training shows is at most a bound.

    Args:
        features: `(n, D)` of observed candidates.
        values: `(n,)`.
        at: `(m, D)`.
        bound: in the unit of the values.

    Returns:
        `(m,)` in [0, 1].
    """
    mean, std = _process(features, values).predict(at, return_std=True)
    return chance_inside(mean, std, bound)


def _process(features: Array, values: Array) -> GaussianProcessRegressor:
    """The process of all observations, with the kernel of the first of them."""
    fitted = refit_at(len(values))
    first = (features[:fitted], values[:fitted])
    model = _fit(*(array.tobytes() for array in first), features.shape[1])
    return model if fitted == len(values) else _with_kernel_of(model, features, values)


@lru_cache(maxsize=8)
def _fit(features: bytes, values: bytes, dimensions: int) -> GaussianProcessRegressor:
    """A process with a kernel of maximum likelihood; the last few are remembered.

    Args:
        features: `(n, D)` of float64, as bytes.
        values: `(n,)`, likewise.
        dimensions: `D`.
    """
    kernel = ConstantKernel(1.0, (0.01, 100.0)) * Matern(
        length_scale=np.ones(dimensions), length_scale_bounds=[LENGTH_SCALES] * dimensions, nu=2.5
    )
    model = GaussianProcessRegressor(
        kernel=kernel, normalize_y=True, noise="gaussian", n_restarts_optimizer=1, random_state=0
    )
    y = np.frombuffer(values)
    return _quietly_fit(model, np.frombuffer(features).reshape(len(y), dimensions), y)


def _with_kernel_of(
    model: GaussianProcessRegressor, features: Array, values: Array
) -> GaussianProcessRegressor:
    """The same kernel and noise, more observations; skopt keeps fitted noise beside the kernel."""
    noise = model.alpha + (model.noise_ or 0.0)
    same = GaussianProcessRegressor(
        kernel=model.kernel_, normalize_y=True, optimizer=None, alpha=noise
    )
    return _quietly_fit(same, features, values)


def _quietly_fit(
    model: GaussianProcessRegressor, features: Array, values: Array
) -> GaussianProcessRegressor:
    # a length scale at its bound or a noise of zero is an answer, not a fault
    with warnings.catch_warnings(), np.errstate(divide="ignore"):
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(features, values)
