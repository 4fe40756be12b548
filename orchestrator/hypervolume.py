"""How much a set of points dominates, and how much more a predicted point is expected to.

The region that a front leaves undominated is cut into boxes, so that a product of one-dimensional
integrals is exact for independent normal predictions [Yang2019]. The cut is a grid over all
objectives but the last; in the last, each cell is free up to the least value of the points that
lie below the cell. In two dimensions these are the well-known strips. With p points and k
objectives there are (p + 1)^(k - 1) cells.

    E[improvement] = sum over boxes of product_j ( psi_j(upper_j) - psi_j(lower_j) )
    psi_j(a) = E[max(a - Y_j, 0)],  Y_j normal

All is computed as logarithms, so that a point far from any improvement still knows which way is
better [Ament2023]. Losses throughout: less is better.

References:
    [Yang2019] K. Yang, M. Emmerich, A. Deutz, T. Back. Efficient computation of expected
        hypervolume improvement using box decomposition algorithms. J. Glob. Optim. 2019.
    [Ament2023] S. Ament et al. Unexpected improvements to expected improvement. NeurIPS 2023.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import erfcx, log_ndtr, logsumexp

from ..constraints.domains import Array

# Below, the tail's series is exact to 1e-10, and what it replaces loses digits to cancellation.
FAR_TAIL = -1e3
AT_ONCE = 2_000_000  # (point, cell) pairs in memory: 16 MB an array
VANISHED = 1e-250  # below, products have left the range of their digits


@dataclass(frozen=True, eq=False)
class _Cells:
    """The undominated region below a reference point.

    Attributes:
        edges: of all objectives but the last, `(p + 2,)` each: from minus infinity to the
            reference.
        tops: `(p + 1,) * (k - 1)`, up to where a cell is free in the last objective.
        reference: `(k,)`.
    """

    edges: tuple[Array, ...]
    tops: Array
    reference: Array

    @staticmethod
    def of(front: Array, reference: Array) -> _Cells:
        """Cut by the points of a front, `(p, k)`; those not below the reference do nothing."""
        front = front[(front < reference).all(axis=1)]
        edges = tuple(
            np.concatenate([[-np.inf], np.sort(front[:, j]), [reference[j]]])
            for j in range(front.shape[1] - 1)
        )
        tops = np.full((len(front) + 1,) * len(edges), reference[-1])
        for point in front:
            first = [int(np.searchsorted(e, x)) for e, x in zip(edges, point[:-1], strict=True)]
            above = tuple(slice(i, None) for i in first)
            tops[above] = np.minimum(tops[above], point[-1])
        return _Cells(edges, tops, reference)


def hypervolume(points: Array, reference: Array) -> float:
    """Volume that points dominate, up to a reference point.

    Args:
        points: `(p, k)`; dominated ones, and those not below the reference, add nothing.
        reference: `(k,)`.

    >>> hypervolume(np.array([[1.0, 2.0], [2.0, 1.0]]), np.array([3.0, 3.0]))
    3.0
    """
    cells = _Cells.of(points, reference)
    dominated = reference[-1] - cells.tops[(slice(1, None),) * len(cells.edges)]
    for edges in cells.edges:
        dominated = np.tensordot(np.diff(edges[1:]), dominated, axes=1)
    return float(dominated)


def expected_hypervolume_improvement(
    means: Array, stds: Array, front: Array, reference: Array
) -> Array:
    """How much more is expected to be dominated with each point than without it.

    Args:
        means: `(m, k)`, predicted losses.
        stds: `(m, k)`, their standard deviations, independent of each other; 0 is a known value.
        front: `(p, k)`, losses observed so far; there may be none.
        reference: `(k,)`, the worst that counts.

    Returns:
        `(m,)`, not negative.
    """
    return np.exp(log_expected_hypervolume_improvement(means, stds, front, reference))


def log_expected_hypervolume_improvement(
    means: Array, stds: Array, front: Array, reference: Array
) -> Array:
    """The logarithm of `expected_hypervolume_improvement`, which does not vanish far away."""
    cells = _Cells.of(front, reference)
    parts = [_cell_terms(means, stds, cells, rows) for rows in _chunks(len(means), cells)]
    return np.concatenate(parts) if parts else np.zeros(0)


def _chunks(count: int, cells: _Cells) -> Iterator[slice]:
    step = max(1, AT_ONCE // cells.tops.size)
    return (slice(start, start + step) for start in range(0, count, step))


def _cell_terms(means: Array, stds: Array, cells: _Cells, rows: slice) -> Array:
    """The sum over all cells, for some points: `(rows,)`.

    By plain products where these can be told from nothing, and by logarithms, ten times as slow,
    for the points whose products vanish.
    """
    mean, std = means[rows], stds[rows]
    levels, where = np.unique(cells.tops, return_inverse=True)
    where = where.reshape(cells.tops.shape)
    last = _log_psi(levels, mean[:, -1:], std[:, -1:])
    terms = [
        _log_differences(_log_psi(edges[1:], mean[:, j : j + 1], std[:, j : j + 1]))
        for j, edges in enumerate(cells.edges)
    ]
    total = _sum_of_products(terms, last, where)
    vanished = ~np.isfinite(total)
    total[vanished] = _sum_of_logarithms([t[vanished] for t in terms], last[vanished], where)
    return total


def _sum_of_products(terms: Sequence[Array], last: Array, where: NDArray[np.intp]) -> Array:
    """The logarithm of the sum, minus infinity where it is too small beside its greatest terms."""
    tops = [factor.max(axis=1, keepdims=True) for factor in (*terms, last)]
    with np.errstate(divide="ignore", invalid="ignore", under="ignore"):
        shares = [np.exp(f - top) for f, top in zip((*terms, last), tops, strict=True)]
        total = shares[-1][:, where]
        for share in shares[:-1]:
            total = np.einsum("mi,mi...->m...", share, total)
        certain = np.where(total > VANISHED, total, 0.0)
        return np.asarray(np.log(certain) + np.hstack(tops).sum(axis=1), dtype=np.float64)


def _sum_of_logarithms(terms: Sequence[Array], last: Array, where: NDArray[np.intp]) -> Array:
    total = last[:, where]
    for term in terms:
        total = logsumexp(_along(term, total.ndim) + total, axis=1)
    return np.asarray(total, dtype=np.float64)


def _along(term: Array, dimensions: int) -> Array:
    """`(m, p)` with as many trailing axes as it takes to be added to cells."""
    return term.reshape(term.shape + (1,) * (dimensions - 2))


def _log_differences(log_psi: Array) -> Array:
    """log(psi(edge) - psi(edge before)), `(m, p)`; psi of minus infinity is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        step = log_psi[:, :-1] - log_psi[:, 1:]  # not above 0; NaN where both are nothing
        near = np.log(-np.expm1(np.minimum(step, 0.0)))
        far = np.log1p(-np.exp(np.minimum(step, 0.0)))
        shares = np.where(step > -np.log(2.0), near, far)
        later = np.where(np.isnan(step), -np.inf, log_psi[:, 1:] + shares)
    return np.hstack([log_psi[:, :1], later])


def _log_psi(levels: Array, mean: Array, std: Array) -> Array:
    """log E[max(level - Y, 0)], `(m, levels)`; mean and std are `(m, 1)`."""
    gap = levels[None, :] - mean
    known = np.broadcast_to(std <= 0, gap.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(known, 0.0, gap / std)
        return np.where(known, np.log(np.maximum(gap, 0.0)), np.log(std) + _log_ei(z))


def _log_ei(z: NDArray[np.float64]) -> Array:
    """log(phi(z) + z Phi(z)), without cancellation."""
    inner = np.clip(z, FAR_TAIL, -1.0)
    log_phi = -0.5 * z**2 - 0.5 * np.log(2 * np.pi)
    mills = np.sqrt(np.pi / 2) * erfcx(-inner / np.sqrt(2))
    tail = log_phi + np.log1p(inner * mills)
    with np.errstate(divide="ignore", over="ignore"):
        far = log_phi - 2 * np.log(np.abs(z)) + np.log1p(-3 / np.minimum(z, FAR_TAIL) ** 2)
        upper = np.maximum(z, -1.0)
        near = np.log(
            np.exp(-0.5 * upper**2) / np.sqrt(2 * np.pi) + upper * np.exp(log_ndtr(upper))
        )
    found = np.where(z < FAR_TAIL, far, np.where(z < -1.0, tail, near))
    return np.asarray(found, dtype=np.float64)
