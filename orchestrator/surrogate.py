"""The surrogate of the objective: scikit-optimize's Gaussian process, and what improves on it.

References:
    [Ginsbourger2010] D. Ginsbourger, R. Le Riche, L. Carraro. Kriging is well-suited to parallelize
        optimization. 2010. (kriging believer: a running trial counts as its own prediction)
"""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from skopt.acquisition import gaussian_ei
from skopt.learning import GaussianProcessRegressor
from skopt.learning.gaussian_process.kernels import ConstantKernel, Matern

from ..constraints.domains import Array

# In units of a range; chosen, not tuned.
LENGTH_SCALES = (0.05, 20.0)


def expected_improvement(
    features: Array,
    losses: Array,
    *,
    at: Array,
    pending: Array,
    best: float,
    rng: np.random.Generator,
) -> Array:
    """Expected improvement on `best` at some points.

    Args:
        features: `(n, D)` of observed candidates.
        losses: `(n,)`.
        at: `(m, D)`.
        pending: `(k, D)` of candidates under way; each is believed to turn out as predicted
            [Ginsbourger2010], so that the next choice lies elsewhere.
        best: the loss to improve on.
        rng: for the restarts of the fit.

    Returns:
        `(m,)`, not negative, in the unit of the losses.
    """
    model = _fit(features, losses, rng)
    if len(pending):
        believed = np.concatenate([losses, model.predict(pending)])
        model = _refit(model, np.vstack([features, pending]), believed)
    with np.errstate(divide="ignore"):  # a kernel reads the logarithm of a noise of zero
        improvement = gaussian_ei(at, model, y_opt=best, xi=0.0)
    return np.asarray(improvement, dtype=np.float64)


def _fit(features: Array, losses: Array, rng: np.random.Generator) -> GaussianProcessRegressor:
    dimensions = features.shape[1]
    kernel = ConstantKernel(1.0, (0.01, 100.0)) * Matern(
        length_scale=np.ones(dimensions), length_scale_bounds=[LENGTH_SCALES] * dimensions, nu=2.5
    )
    model = GaussianProcessRegressor(
        kernel=kernel,
        normalize_y=True,
        noise="gaussian",
        n_restarts_optimizer=1,
        random_state=int(rng.integers(2**31)),
    )
    return _quietly_fit(model, features, losses)


def _refit(
    model: GaussianProcessRegressor, features: Array, losses: Array
) -> GaussianProcessRegressor:
    """The same kernel and noise, more observations; skopt keeps the noise beside the kernel."""
    same = GaussianProcessRegressor(
        kernel=model.kernel_, normalize_y=True, optimizer=None, alpha=model.alpha + model.noise_
    )
    return _quietly_fit(same, features, losses)


def _quietly_fit(
    model: GaussianProcessRegressor, features: Array, losses: Array
) -> GaussianProcessRegressor:
    # a length scale at its bound or a noise of zero is an answer, not a fault
    with warnings.catch_warnings(), np.errstate(divide="ignore"):
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(features, losses)
