"""Shared and per-group coefficients, shrunk by empirical Bayes: two-level sparse least squares.

    y_i = X_i b + Z_i u_i + e ,   b ~ N(mu, P^-1) ,   u_i ~ N(0, S) ,   e ~ N(0, s2)

for groups i (devices). Written with S = L L', u_i = L v_i, so that S may be singular or zero, the
posterior is the solution of one large least-squares problem, whose matrix is sparse: a block for
each group beside the shared columns. Each group is eliminated on its own by an orthogonal
triangulation [Menictas2020],

    [ Z_i L / s   X_i / s   y_i / s ]            [ R11   R12   r1 ]
    [     I          0         0    ]  =  Q  x   [  0    R22   r2 ]

and the rows R22, r2 of all groups together give b. Nothing is squared or subtracted: a group of
thousands of precise rows leaves a covariance twelve orders smaller. Before that the rows of a group
are reduced to at most p + q + 1 by the same means, once, so that a solve costs the same for any
number of rows and is linear in the number of groups.

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
class Reduced:
    """All that the model needs of the rows of m groups: at most r = p + q + 1 rows each.

    Attributes:
        counts: `(m,)`, rows that each group had.
        shared: `(m, r, p)`.
        own: `(m, r, q)`.
        targets: `(m, r)`.
    """

    counts: Array
    shared: Array
    own: Array
    targets: Array


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


def reduce_rows(groups: Sequence[Group]) -> Reduced:
    """Replace the rows of each group by fewer that say the same; the only pass over them.

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
    reduced = np.zeros((len(groups), p + q + 1, p + q + 1))
    for at, g in zip(reduced, groups, strict=True):
        triangle = np.linalg.qr(np.column_stack([g.shared, g.own, g.targets])).R
        at[: len(triangle)] = triangle
    counts = np.array([len(g.targets) for g in groups], dtype=np.float64)
    return Reduced(counts, reduced[:, :, :p], reduced[:, :, p:-1], reduced[:, :, -1])


def solve(rows: Reduced, prior: Prior, variances: Variances) -> Posterior:
    """Coefficients of all groups, by eliminating one group after the other [Menictas2020].

    Args:
        rows: of m groups.
        prior: of the shared coefficients.
        variances: taken as known; `noise` positive.
    """
    p, q = rows.shared.shape[2], rows.own.shape[2]
    factor = _factor(variances.own)
    triangles = np.linalg.qr(_stacked(rows, factor, variances.noise)).R
    r11, r12, r1 = triangles[:, :q, :q], triangles[:, :q, q:-1], triangles[:, :q, -1]
    root = np.linalg.cholesky(prior.precision).T
    above = np.column_stack([root, root @ prior.mean])
    joint = np.linalg.qr(np.vstack([above, triangles[:, q:, q:].reshape(-1, p + 1)])).R
    inverse = np.linalg.inv(joint[:p, :p])
    shared = inverse @ joint[:p, p]
    covariance = inverse @ inverse.T
    inner = factor @ np.linalg.inv(r11)  # L R11^-1
    follows = inner @ r12  # how u_i moves with b, reversed
    own = np.einsum("mqr,mr->mq", inner, r1 - r12 @ shared)
    cross = -covariance @ follows.transpose(0, 2, 1)
    own_covariances = inner @ inner.transpose(0, 2, 1) - follows @ cross
    size = np.log(np.abs(np.diagonal(r11, axis1=1, axis2=2))).sum()
    size += np.log(np.abs(np.diag(joint)[:p])).sum() - np.log(np.diag(root)).sum()
    constant = 0.5 * rows.counts.sum() * np.log(2 * np.pi * variances.noise)
    evidence = -0.5 * (joint[p:, p] ** 2).sum() - size - constant
    return Posterior(shared, covariance, own, own_covariances, cross, float(evidence))


def improve(rows: Reduced, posterior: Posterior) -> Variances:
    """One step of expectation and maximisation: the variances that the posterior suggests."""
    u = posterior.own_means
    second = u.T @ u + posterior.own_covariances.sum(axis=0)
    rest = rows.targets - rows.shared @ posterior.shared_mean
    rest = rest - np.einsum("mrq,mq->mr", rows.own, u)
    unsure = (
        ((rows.shared @ posterior.shared_covariance) * rows.shared).sum()
        + ((rows.own @ posterior.own_covariances) * rows.own).sum()
        + 2 * ((rows.shared @ posterior.cross_covariances) * rows.own).sum()
    )
    count = rows.counts.sum()
    least = LEAST_NOISE * float((rows.targets**2).sum()) / count
    noise = max(float((rest**2).sum() + max(unsure, 0.0)) / count, least, np.finfo(float).tiny)
    return Variances((second + second.T) / (2 * len(u)), noise)


def fit_variances(
    rows: Reduced,
    prior: Prior,
    start: Variances,
    *,
    iterations: int = 200,
    tolerance: float = 1e-6,
) -> tuple[Variances, Posterior]:
    """Variances of the greatest likelihood, by expectation and maximisation.

    Args:
        rows: of m groups.
        prior: of the shared coefficients.
        start: first guess; a covariance of zero stays zero.
        iterations: at most.
        tolerance: stops when the log likelihood rises by less.

    Returns:
        The variances and the posterior under them.
    """
    variances, posterior = start, solve(rows, prior, start)
    for _ in range(iterations):
        better = improve(rows, posterior)
        then = solve(rows, prior, better)
        risen = then.log_evidence - posterior.log_evidence
        variances, posterior = better, then
        if risen < tolerance:
            break
    return variances, posterior


def _factor(covariance: Array) -> Array:
    """L with L L' = covariance, for one that may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def _stacked(rows: Reduced, factor: Array, noise: float) -> Array:
    """Each group's least-squares problem, `(m, q + r, q + p + 1)`; the column of y last."""
    groups, _, p = rows.shared.shape
    data = np.concatenate(
        [rows.own @ factor, rows.shared, rows.targets[:, :, None]], axis=2
    ) / np.sqrt(noise)
    q = len(factor)
    own = np.broadcast_to(np.hstack([np.eye(q), np.zeros((q, p + 1))]), (groups, q, q + p + 1))
    return np.concatenate([data, own], axis=1)
