"""The surrogate of the `hyperwatt` strategy: a Gaussian process that knows parameters and priors.

scikit-learn's process: a line and what bends it, with one length scale a parameter
(`grouped_matern.py`). The line tells on which side of all that was seen it should get better; the
bend alone falls back to the mean there. Both are at their most probable value under a prior, that
of length scales growing with the number of parameters, as a likelihood alone fits noise where
observations are few. Length scales are fitted anew when the observations have grown by a fifth, on
a part of them if they are many; in between, new observations enter a process with the kernel there
is. All of it is a function of the observations, so that a resumed sweep has the same process.

References:
    [Hvarfner2024] C. Hvarfner, E. O. Hellsten, L. Nardi. Vanilla Bayesian Optimization Performs
        Great in High Dimensions. ICML 2024: the prior of the length scales.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, DotProduct, Kernel, WhiteKernel

from ..constraints.domains import Array
from ..constraints.growth import refit_at
from ..constraints.kernel_search import NOISE_PRIOR
from .grouped_matern import GroupedMatern

MOST_FITTED = 200  # observations that length scales are learned from; at double, four times as long
MOST_KNOWN = 1500  # observations in a process; at double, eight times as long
AT_ONCE = 4000  # points predicted at once: 50 MB of kernel
STEPS = 60  # of the fit; more change the third digit
NOISE = (1e-6, 1.0)  # variance, in units of the values' variance
SLOPES = (1e-5, 10.0)  # variance of the line, likewise
# Of the logarithm of a length scale, around that of the square root of the number of parameters: a
# quarter of [Hvarfner2024]'s, which takes Ackley's function for a plain (benchmarks/search).
LOG_LENGTH_WIDTH = float(np.sqrt(3))
LOG_SLOPE_PRIOR = (-3.0, 1.5)  # a twentieth of the variance, give or take a factor of four
JITTER = 1e-8
# Length scale of a parameter of one value in all that is learned from, in units of its range. The
# prior's mode would say that it hardly matters, and no other value would be worth a look.
UNVARIED = 1.0


@dataclass(frozen=True, eq=False)
class Observed:
    """What a process is made of.

    Attributes:
        features: `(n, D)`.
        values: `(n,)`, as they were observed.
        doubt: `(n,)`, standard deviation of each value beyond the noise that all share.
        groups: `(D,)`, the parameter of each column.
        scale: what the process sees of values, all at once; the kernel learns from that of the
            first alone, so that it stays while they do.
    """

    features: Array
    values: Array
    doubt: Array
    groups: NDArray[np.intp]
    scale: Callable[[Array], Array] = np.asarray

    def part(self, rows: NDArray[np.intp]) -> Observed:
        """Some of the rows."""
        return replace(
            self, features=self.features[rows], values=self.values[rows], doubt=self.doubt[rows]
        )

    def scaled(self) -> Observed:
        """What the process sees."""
        return replace(self, values=self.scale(self.values), scale=np.asarray)


@dataclass(frozen=True, eq=False)
class Process:
    """A fitted process.

    Attributes:
        model: on values scaled to mean 0 and variance 1.
        mean: of the values.
        scale: of the values.
    """

    model: GaussianProcessRegressor
    mean: float
    scale: float

    def predict(self, at: Array) -> tuple[Array, Array]:
        """Mean and standard deviation, noise left out, of `(m, D)` points."""
        if not len(at):
            return np.zeros(0), np.zeros(0)
        parts = [self.model.predict(part, return_std=True) for part in _chunks(at)]
        mean, std = (np.concatenate(columns) for columns in zip(*parts, strict=True))
        return self.mean + self.scale * mean, self.scale * np.maximum(std, 1e-9)


def process_of(observed: Observed, believed: Array | None = None) -> Process:
    """The process of some observations.

    Args:
        observed: at least one.
        believed: `(k, D)` points under way, each believed to turn out as predicted, so that the
            next choice lies elsewhere.
    """
    known = observed.part(_some(observed.values, MOST_KNOWN))
    kernel, noise = _kernel(known)
    known = known.scaled()
    process = _condition(known, kernel, noise)
    if believed is None or not len(believed):
        return process
    values = np.concatenate([known.values, process.predict(believed)[0]])
    features = np.vstack([known.features, believed])
    doubt = np.concatenate([known.doubt, np.zeros(len(believed))])
    return _condition(Observed(features, values, doubt, known.groups), kernel, noise)


def _kernel(observed: Observed) -> tuple[Kernel, float]:
    """Length scales and noise, learned from the first observations."""
    first = observed.part(np.arange(refit_at(len(observed.values))))
    part = first.part(_some(first.values, MOST_FITTED)).scaled()
    return _fit(part.features.tobytes(), part.values.tobytes(), part.groups.tobytes())


@lru_cache(maxsize=32)
def _fit(features: bytes, values: bytes, groups: bytes) -> tuple[Kernel, float]:
    """Most probable length scales and noise; the last few are remembered.

    Args:
        features: `(n, D)` of float64, as bytes.
        values: `(n,)`, likewise.
        groups: `(D,)` of integers, likewise.
    """
    y, group = np.frombuffer(values), np.frombuffer(groups, dtype=np.intp)
    X = np.frombuffer(features).reshape(len(y), len(group))
    count = int(group.max()) + 1
    centre = np.log(count) / 2
    start = GroupedMatern(np.full(count, np.exp(centre / 2)), group)
    line = ConstantKernel(0.05, SLOPES) * DotProduct(1.0, "fixed")
    model = GaussianProcessRegressor(
        kernel=start + line + WhiteKernel(1e-2, NOISE),
        alpha=JITTER,
        optimizer=_most_probable(centre),
    )
    _quietly_fit(model, X, _scaled(y)[0])
    bend, line = model.kernel_.k1.k1, model.kernel_.k1.k2
    same = np.array([np.ptp(X[:, group == p], axis=0).max() == 0 for p in range(count)])
    scales = np.where(same, np.minimum(bend.length_scale, UNVARIED), bend.length_scale)
    return GroupedMatern(scales, group) + line, float(model.kernel_.k2.noise_level)


def _most_probable(centre: float) -> Callable[..., tuple[Array, float]]:
    """An optimiser of the posterior, where scikit-learn's maximises the likelihood."""

    def optimise(
        objective: Callable[..., tuple[float, Array]], initial_theta: Array, bounds: Array
    ) -> tuple[Array, float]:
        def posterior(theta: Array) -> tuple[float, Array]:
            loss, gradient = objective(theta, eval_gradient=True)
            scales = np.ones(len(theta) - 2)
            centres = np.append(centre * scales, [LOG_SLOPE_PRIOR[0], NOISE_PRIOR[0]])
            widths = np.append(LOG_LENGTH_WIDTH * scales, [LOG_SLOPE_PRIOR[1], NOISE_PRIOR[1]])
            z = (theta - centres) / widths
            return loss + float(z @ z) / 2, gradient + z / widths

        found: Any = minimize(  # type: ignore[call-overload]  # stubs know no array of bounds
            posterior, initial_theta, jac=True, bounds=bounds, method="L-BFGS-B",
            options={"maxiter": STEPS},
        )  # fmt: skip
        return found.x, float(found.fun)

    return optimise


def _condition(observed: Observed, kernel: Kernel, noise: float) -> Process:
    y, mean, scale = _scaled(observed.values)
    alpha = JITTER + noise + (observed.doubt / scale) ** 2
    model = GaussianProcessRegressor(kernel=kernel, alpha=alpha, optimizer=None)
    return Process(_quietly_fit(model, observed.features, y), mean, scale)


def _quietly_fit(
    model: GaussianProcessRegressor, features: Array, values: Array
) -> GaussianProcessRegressor:
    with warnings.catch_warnings():  # a length scale at its bound is an answer, not a fault
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(features, values)


def _scaled(values: Array) -> tuple[Array, float, float]:
    """Values with mean 0 and variance 1; constant ones keep their scale."""
    mean, scale = float(values.mean()), float(values.std())
    scale = scale if scale > 1e-12 * max(1.0, abs(mean)) else 1.0
    return (values - mean) / scale, mean, scale


def _some(values: Array, most: int) -> NDArray[np.intp]:
    """Rows of at most so many: the least third, the newest third, and others evenly between."""
    count = len(values)
    if count <= most:
        return np.arange(count)
    third = most // 3
    chosen = set(np.argsort(values, kind="stable")[:third]) | set(range(count - third, count))
    others = [row for row in range(count) if row not in chosen]
    spread = np.linspace(0, len(others) - 1, most - len(chosen)).astype(np.intp)
    return np.array(sorted(chosen | {others[i] for i in spread}), dtype=np.intp)


def _chunks(points: Array) -> list[Array]:
    return [points[i : i + AT_ONCE] for i in range(0, len(points), AT_ONCE)]
