"""Shared and per-group coefficients, shrunk by empirical Bayes: two-level sparse least squares.

    y_i = X_i b + Z_i u_i + e ,   b ~ N(mu, P^-1) ,   u_i ~ N(0, S) ,   e ~ N(0, s2)

for groups i (devices). Only products of the columns enter (`Moments`), and each group is eliminated
on its own, so a solve costs a small matrix per group, whatever the number of rows: linear in the
number of groups. Written with S = L L', so that S may be singular, also zero:

    W_i = L (I + L' Z_i'Z_i L / s2)^-1 L'             = (Z_i'Z_i / s2 + S^-1)^-1
    O   = X'X / s2 + P - sum_i A_i W_i A_i'           A_i = X_i'Z_i / s2

`fit_variances` finds S and s2 by expectation and maximisation; no step lowers the likelihood of the
data. References in the order of their use: [Menictas2020] for the solver, [Tomkins2021] for the
model; the update is the usual one of a linear mixed model.

References:
    [Menictas2020] M. Menictas, S. Tomkins, S. Murphy. Fast physical activity suggestions: efficient
        hyperparameter learning in mobile health. arXiv 2012.11646.
    [Tomkins2021] S. Tomkins, P. Liao, P. Klasnja, S. Murphy. IntelligentPooling: practical Thompson
        sampling for mHealth. Machine Learning 110, 2021.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .domains import Array

# Of the squared targets: rows that are fitted exactly would otherwise end in a division by zero.
LEAST_NOISE = 1e-12


@dataclass(frozen=True, eq=False)
class Group:
    """Rows of one group.

    Attributes:
        shared: `(n, p)`, columns X of the shared coefficients.
        own: `(n, q)`, columns Z of the group's own coefficients.
        targets: `(n,)`.
    """

    shared: Array
    own: Array
    targets: Array


@dataclass(frozen=True, eq=False)
class Moments:
    """All that the model needs of the rows of m groups.

    Attributes:
        counts: `(m,)`, rows of each group.
        xx: `(m, p, p)`, X'X.
        xz: `(m, p, q)`, X'Z.
        zz: `(m, q, q)`, Z'Z.
        xy: `(m, p)`, X'y.
        zy: `(m, q)`, Z'y.
        yy: `(m,)`, y'y.
    """

    counts: Array
    xx: Array
    xz: Array
    zz: Array
    xy: Array
    zy: Array
    yy: Array


@dataclass(frozen=True, eq=False)
class Prior:
    """Of the shared coefficients.

    Attributes:
        mean: `(p,)`.
        precision: `(p, p)`, inverse covariance, positive definite.
    """

    mean: Array
    precision: Array


@dataclass(frozen=True, eq=False)
class Variances:
    """What empirical Bayes learns.

    Attributes:
        own: `(q, q)`, covariance S of a group's own coefficients; may be singular.
        noise: variance s2 of one row, in squared units of the targets.
    """

    own: Array
    noise: float


@dataclass(frozen=True, eq=False)
class Posterior:
    """Coefficients after the data, given the variances.

    Attributes:
        shared_mean: `(p,)`.
        shared_covariance: `(p, p)`.
        own_means: `(m, q)`.
        own_covariances: `(m, q, q)`.
        cross_covariances: `(m, p, q)`, of the shared coefficients with each group's own.
        log_evidence: logarithm of the density of all targets.
    """

    shared_mean: Array
    shared_covariance: Array
    own_means: Array
    own_covariances: Array
    cross_covariances: Array
    log_evidence: float

    def predict(self, group: int, shared: Array, own: Array) -> tuple[Array, Array]:
        """Mean and variance, without the noise of a row, for rows of one group.

        Args:
            group: its number.
            shared: `(n, p)`.
            own: `(n, q)`.

        Returns:
            Two of `(n,)`.
        """
        mean = shared @ self.shared_mean + own @ self.own_means[group]
        variance = (
            ((shared @ self.shared_covariance) * shared).sum(axis=1)
            + ((own @ self.own_covariances[group]) * own).sum(axis=1)
            + 2 * ((shared @ self.cross_covariances[group]) * own).sum(axis=1)
        )
        return mean, np.maximum(variance, 0.0)


def moments_of(groups: Sequence[Group]) -> Moments:
    """Sum up rows; the only pass over them.

    Raises:
        ValueError: if there is no group, or groups or their columns differ in shape.
    """
    if not groups:
        raise ValueError("`groups` must hold at least one group, got none")
    p, q = groups[0].shared.shape[1], groups[0].own.shape[1]
    for number, group in enumerate(groups):
        rows = len(group.targets)
        if group.shared.shape != (rows, p) or group.own.shape != (rows, q):
            raise ValueError(
                f"group {number} of {rows} rows must have `shared` ({rows}, {p}) and `own` "
                f"({rows}, {q}), got {group.shared.shape} and {group.own.shape}"
            )
    return Moments(
        counts=np.array([len(g.targets) for g in groups], dtype=np.float64),
        xx=np.array([g.shared.T @ g.shared for g in groups]),
        xz=np.array([g.shared.T @ g.own for g in groups]),
        zz=np.array([g.own.T @ g.own for g in groups]),
        xy=np.array([g.shared.T @ g.targets for g in groups]),
        zy=np.array([g.own.T @ g.targets for g in groups]),
        yy=np.array([g.targets @ g.targets for g in groups]),
    )


def solve(moments: Moments, prior: Prior, variances: Variances) -> Posterior:
    """Coefficients of all groups, by eliminating one group after the other [Menictas2020].

    Args:
        moments: of m groups.
        prior: of the shared coefficients.
        variances: taken as known; `noise` positive.
    """
    s2, factor = variances.noise, _factor(variances.own)
    inner = np.eye(len(factor)) + factor.T @ moments.zz @ factor / s2  # (m, q, q)
    eliminated = factor @ np.linalg.solve(inner, np.broadcast_to(factor.T, inner.shape))  # W_i
    a12, a2 = moments.xz / s2, moments.zy / s2
    a1 = moments.xy.sum(axis=0) / s2 + prior.precision @ prior.mean
    weighted = a12 @ eliminated  # (m, p, q)
    outer = moments.xx.sum(axis=0) / s2 + prior.precision
    outer = outer - (weighted @ a12.transpose(0, 2, 1)).sum(axis=0)
    covariance = np.linalg.inv(outer)
    covariance = (covariance + covariance.T) / 2
    shared = covariance @ (a1 - np.einsum("mpq,mq->p", weighted, a2))
    own = np.einsum("mqr,mr->mq", eliminated, a2 - np.einsum("mpq,p->mq", a12, shared))
    cross = -covariance @ weighted
    own_covariances = eliminated - weighted.transpose(0, 2, 1) @ cross
    explained = float(a1 @ shared + (a2 * own).sum())
    evidence = _log_evidence(moments, prior, s2, inner, outer, explained)
    return Posterior(shared, covariance, own, own_covariances, cross, evidence)


def improve(moments: Moments, posterior: Posterior) -> Variances:
    """One step of expectation and maximisation: the variances that the posterior suggests."""
    b, u = posterior.shared_mean, posterior.own_means
    second = np.einsum("mq,mr->qr", u, u) + posterior.own_covariances.sum(axis=0)
    squares = (
        moments.yy.sum()
        - 2 * moments.xy.sum(axis=0) @ b
        - 2 * (moments.zy * u).sum()
        + b @ moments.xx.sum(axis=0) @ b
        + np.einsum("mq,mqr,mr->", u, moments.zz, u)
        + 2 * np.einsum("p,mpq,mq->", b, moments.xz, u)
    )
    spread = (
        (moments.xx.sum(axis=0) * posterior.shared_covariance).sum()
        + (moments.zz * posterior.own_covariances).sum()
        + 2 * (moments.xz * posterior.cross_covariances).sum()
    )
    rows = moments.counts.sum()
    least = LEAST_NOISE * moments.yy.sum() / rows
    noise = max(float((squares + spread) / rows), float(least), np.finfo(float).tiny)
    return Variances((second + second.T) / (2 * len(u)), noise)


def fit_variances(
    moments: Moments,
    prior: Prior,
    start: Variances,
    *,
    iterations: int = 200,
    tolerance: float = 1e-6,
) -> tuple[Variances, Posterior]:
    """Variances of the greatest likelihood, by expectation and maximisation.

    Args:
        moments: of m groups.
        prior: of the shared coefficients.
        start: first guess; a covariance of zero stays zero.
        iterations: at most.
        tolerance: stops when the log likelihood rises by less.

    Returns:
        The variances and the posterior under them.
    """
    variances, posterior = start, solve(moments, prior, start)
    for _ in range(iterations):
        better = improve(moments, posterior)
        then = solve(moments, prior, better)
        risen = then.log_evidence - posterior.log_evidence
        variances, posterior = better, then
        if risen < tolerance:
            break
    return variances, posterior


def _factor(covariance: Array) -> Array:
    """L with L L' = covariance, for one that may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def _log_evidence(
    moments: Moments, prior: Prior, noise: float, inner: Array, outer: Array, explained: float
) -> float:
    """Log density of the targets, all coefficients integrated out."""
    rows = moments.counts.sum()
    determinants = (
        np.linalg.slogdet(prior.precision)[1]
        - np.linalg.slogdet(outer)[1]
        - np.linalg.slogdet(inner)[1].sum()
    )
    squares = moments.yy.sum() / noise + prior.mean @ prior.precision @ prior.mean - explained
    return float(0.5 * (determinants - squares - rows * np.log(2 * np.pi * noise)))
