"""Peak memory: what was traced, with a small correction learned from the device.

    M(F) = (1 + phi) peak + sum_k w_k F_k + C

`peak` is the traced peak of what is alive at once. The allocator rounds (`phi`), kernels ask for
workspaces (`w_k` bytes a unit of work of a kind), and the device has its context (`C`). The trace
is nearly right already, so the correction starts at nothing and moves only as far as measurements
push it: maximum a posteriori, with normal errors of log M and normal priors of phi, w and C. With
no measurement at all, the prediction is the traced peak plus the context that was read.

A candidate that ran out of memory has no value, but says "at least the capacity". It enters as a
Tobit term, log(1 - Phi((log capacity - log M) / s)) [Tobin1958]; leaving such rows out would bias
the model low, towards more of them.

References:
    [Tobin1958] J. Tobin. Estimation of Relationships for Limited Dependent Variables. Econometrica
        26(1), 1958.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_ndtr

from .domains import Array
from .predictor import Flags, Prediction
from .row_checks import check_features, check_rows, check_work
from .seen_range import SeenRange

PHI_STD = 0.1  # allocators round by a few percent; measured rows outweigh it soon
WORKSPACE_STD = 0.3  # share of the greatest traced peak that a kind of work may ask for
PRIOR_SPREAD = 0.1  # relative error of an uncorrected trace
PRIOR_ROWS = 3.0  # measurements that this spread weighs as much as
LEAST_SPREAD = 1e-3  # relative, see roofline.py
ROUNDS = 4  # spread and weights in turn
PHI_BOUNDS = (-0.9, None)


@dataclass(frozen=True, eq=False)
class MemoryModel:
    """A traced peak with its correction.

    Attributes:
        phi: by which share more than the traced peak is held.
        workspaces: `(d - 1,)`, bytes per unit of the other features; not negative.
        context_bytes: held whatever the network; not negative.
        spread: of the relative error to expect.
        seen: range of the features in the fit.
        rows: how many measurements were fitted.
        censored: how many of them say only "at least".
    """

    phi: float
    workspaces: Array
    context_bytes: float
    spread: float
    seen: SeenRange
    rows: int
    censored: int

    def predict(self, features: Array) -> Prediction:
        """The spread is relative, and widens outside of the range seen."""
        check_features(features, 1 + len(self.workspaces))
        mean = self.contributions(features).sum(axis=1)
        std = mean * self.spread * self.seen.widening(features)
        return Prediction(mean, std, self.seen.outside(features))

    def contributions(self, features: Array) -> Array:
        """What each part holds at the peak: context, tensors, then each kind of workspace.

        Args:
            features: `(n, d)`.

        Returns:
            `(n, d + 1)` bytes; a row sums to its prediction.
        """
        context = np.full(len(features), self.context_bytes)
        tensors = (1 + self.phi) * features[:, 0]
        return np.column_stack([context, tensors, features[:, 1:] * self.workspaces])

    def describe(self) -> str:
        """The correction in numbers."""
        censored = f", {self.censored} out of memory" if self.censored else ""
        return (
            f"traced peak {100 * self.phi:+.1f} %, {self.context_bytes / 2**20:.1f} MiB of context,"
            f" {len(self.workspaces)} kinds of workspace, {self.rows} measurements{censored}"
        )


@dataclass(frozen=True)
class MemoryRecipe:
    """Fits `MemoryModel`s; feature 0 is the traced peak in bytes, the others amounts of work.

    Attributes:
        context_bytes: read once on the empty device; 0 if it is not known.
        spread: relative error of a measurement, if it is known; learned if None.
    """

    context_bytes: float = 0.0
    spread: float | None = None
    name: str = "memory"
    version: int = 1

    def fit(self, features: Array, costs: Array, at_least: Flags | None = None) -> MemoryModel:
        """Fit on any number of rows, none included.

        Args:
            features: `(n, d)`, finite, not negative; column 0 is the traced peak in bytes, > 0.
            costs: `(n,)`, bytes; where `at_least`, the capacity that was not enough.
            at_least: `(n,)` of bool, rows that ran out of memory; none if None.

        Raises:
            ValueError: if the shapes disagree, a value is not finite, a cost or a traced peak is
                not positive, or a feature is negative.
        """
        censored = np.zeros(len(costs), bool) if at_least is None else at_least
        _check(features, costs, censored)
        rows = Rows.of(features, costs, censored, self.context_bytes)
        weights = rows.solve(rows.start(), self.spread or PRIOR_SPREAD)
        spread = self.spread or PRIOR_SPREAD
        for _ in range(0 if self.spread else ROUNDS):
            spread = rows.spread(weights)
            weights = rows.solve(weights, spread)
        phi, context, *workspaces = weights * rows.unit
        return MemoryModel(
            phi=float(phi),
            workspaces=np.array(workspaces),
            context_bytes=self.context_bytes + float(context),
            spread=max(spread, LEAST_SPREAD),
            seen=SeenRange.of(features),
            rows=len(costs),
            censored=int(censored.sum()),
        )


@dataclass(frozen=True, eq=False)
class Rows:
    """Measured rows, and what is believed of the weights before them.

    Weights `(d + 1,)` are phi, context and workspaces, each in units of its prior spread.

    Attributes:
        base: `(n,)`, bytes without any correction.
        slopes: `(n, d + 1)`, bytes per unit of each weight.
        logs: `(n,)`, logarithms of the costs.
        censored: `(n,)` of bool.
        unit: `(d + 1,)`, the prior spread of each weight.
    """

    base: Array
    slopes: Array
    logs: Array
    censored: Flags
    unit: Array

    @staticmethod
    def of(features: Array, costs: Array, censored: Flags, context_bytes: float) -> Rows:
        """Priors in proportion to the greatest trace, as work may be counted in any unit.

        Of the rows with a value, so that another one without does not change the priors.
        """
        valued = features if censored.all() else features[~censored]
        greatest = valued.max(axis=0, initial=0.0)
        peak = float(greatest[0]) or 1.0
        work = np.where(greatest[1:] > 0, greatest[1:], np.inf)
        unit = np.array([PHI_STD, peak, *(WORKSPACE_STD * peak / work)])
        parts = np.column_stack([features[:, 0], np.ones(len(features)), features[:, 1:]])
        base = features[:, 0] + context_bytes
        return Rows(base, parts * unit, np.log(costs), censored, unit)

    def start(self) -> Array:
        """The weights before any measurement: no correction."""
        return np.zeros(len(self.unit))

    def solve(self, start: Array, spread: float) -> Array:
        """The most probable weights for a spread of the relative error."""
        bounds = [(PHI_BOUNDS[0] / self.unit[0], None), *[(0.0, None)] * (len(self.unit) - 1)]
        found = minimize(
            self.loss, start, args=(spread,), jac=True, method="L-BFGS-B", bounds=bounds,
            options={"maxiter": 1000, "ftol": 1e-14, "gtol": 1e-10},
        )  # fmt: skip
        return np.asarray(found.x)

    def loss(self, weights: Array, spread: float) -> tuple[float, Array]:
        """Negative log posterior, and its slope by each weight."""
        memory = self.base + self.slopes @ weights
        z = (self.logs - np.log(memory)) / spread
        log_tail = log_ndtr(-z)  # of those that ran out of memory: log(1 - Phi(z))
        hazard = np.exp(-0.5 * z**2 - 0.5 * np.log(2 * np.pi) - log_tail)
        loss = np.where(self.censored, -log_tail, 0.5 * z**2).sum()
        by_z = np.where(self.censored, hazard, z)
        slope = self.slopes.T @ (by_z * -1.0 / (spread * memory))
        return float(loss + 0.5 * weights @ weights), slope + weights

    def spread(self, weights: Array) -> float:
        """Of the relative error: the prior's, as if it were some rows, with those measured."""
        residuals = (self.logs - np.log(self.base + self.slopes @ weights))[~self.censored]
        used = min(len(weights), len(residuals) / 2)  # weights cost rows, but the prior pays half
        squares = PRIOR_ROWS * PRIOR_SPREAD**2 + float(residuals @ residuals)
        return float(np.sqrt(squares / (PRIOR_ROWS + len(residuals) - used)))


def _check(features: Array, costs: Array, censored: Flags) -> None:
    check_rows(features, costs, least=0, logs=True)
    if censored.shape != costs.shape:
        raise ValueError(f"`at_least` must be ({len(costs)},) of bool, got {censored.shape}")
    if not features.shape[1]:
        raise ValueError("`features` must have the traced peak in column 0, got no column")
    check_work(features)
    if (features[:, 0] == 0).any():
        row = int(np.argmin(features[:, 0]))
        raise ValueError(
            f"`features` must have a positive traced peak in column 0, row {row} has 0; trace it"
        )
