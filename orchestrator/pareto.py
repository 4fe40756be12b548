"""Pareto fronts: who is not dominated, up to where a front counts, and which few stand for it.

The best of several objectives is a set, and with one objective a set of one. Losses throughout,
`(n, k)`: less is better. A row with a value that is not finite is on no front, and of equal rows
the first stands for all.

References:
    [Ishibuchi2018] H. Ishibuchi et al. How to specify a reference point in hypervolume calculation
        for fair performance comparison. Evolutionary Computation 26 (3), 2018.
"""

from __future__ import annotations

import numpy as np

from ..constraints.domains import Array
from ..constraints.predictor import Flags
from .hypervolume import hypervolume

# Of the front's width, beyond its worst values. [Ishibuchi2018] has 1 / (p - 1) for p points; this
# is for eleven. At half, the ends of a front weigh less against its middle; at double, more.
REACH = 0.1


def non_dominated(losses: Array) -> Flags:
    """True for rows that no other row is as good as in all objectives, `(n,)`.

    >>> non_dominated(np.array([[1.0, 2.0], [2.0, 1.0], [2.0, 2.0], [1.0, 2.0]])).tolist()
    [True, True, False, False]
    """
    on_front = np.zeros(len(losses), dtype=bool)
    rows = np.flatnonzero(np.isfinite(losses).all(axis=1))
    rows = rows[np.lexsort((rows, *losses[rows].T[::-1]))]
    while len(rows):  # the least by the first objective is dominated by nobody
        on_front[rows[0]] = True
        rows = rows[(losses[rows] < losses[rows[0]]).any(axis=1)]
    return on_front


def extent(losses: Array) -> tuple[Array, Array]:
    """Where a front begins and how wide it is in each objective.

    Where it has no width, that of all rows is taken; where they have none, the size of the value.

    Returns:
        The least values (the ideal point) and the widths, `(k,)` each; the widths are above 0.

    Raises:
        ValueError: if no row is finite.
    """
    known = losses[np.isfinite(losses).all(axis=1)]
    if not len(known):
        raise ValueError(f"`losses` must have a finite row, got {losses.tolist()[:3]}")
    front = known[non_dominated(known)]
    ideal, width = front.min(axis=0), np.ptp(front, axis=0)
    width = np.where(width > 0, width, np.ptp(known, axis=0))
    size = np.where(ideal == 0, 1.0, np.abs(ideal))
    return ideal, np.where(width > 0, width, size)


def reference_point(losses: Array) -> Array:
    """The worst that counts: a tenth of the front's width beyond its worst values, `(k,)`.

    Raises:
        ValueError: as `extent`.

    >>> reference_point(np.array([[0.0, 10.0], [1.0, 0.0], [5.0, 50.0]])).tolist()
    [1.1, 11.0]
    """
    ideal, width = extent(losses)
    return ideal + (1 + REACH) * width


def dominated_share(losses: Array, ideal: Array, reference: Array) -> float:
    """Share of the box from the ideal to the reference point that rows dominate, in [0, 1].

    Args:
        losses: `(n, k)`; rows that are not finite add nothing.
        ideal: `(k,)`.
        reference: `(k,)`, above the ideal.
    """
    known = losses[np.isfinite(losses).all(axis=1)]
    scaled = np.maximum((known - ideal) / (reference - ideal), 0.0)
    front = scaled[non_dominated(scaled)]
    return hypervolume(front, np.ones(losses.shape[1]))


def representatives(losses: Array, count: int) -> list[int]:
    """Rows of the front that stand for it: those that together dominate most.

    Chosen one by one, each adding as much volume as it can, so that the first is a compromise and
    the next lie away from it.

    Args:
        losses: `(n, k)`.
        count: at most so many; fewer if the front has fewer.

    >>> representatives(np.array([[0.0, 9.0], [2.0, 2.0], [9.0, 0.0], [9.0, 9.0]]), 2)
    [1, 0]
    """
    front = np.flatnonzero(non_dominated(losses))
    if not len(front):
        return []
    ideal, width = extent(losses[front])
    scaled = (losses[front] - ideal) / width
    reference = np.full(losses.shape[1], 1 + REACH)
    chosen: list[int] = []
    while len(chosen) < min(count, len(front)):
        left = [i for i in range(len(front)) if i not in chosen]
        volumes = [hypervolume(scaled[[*chosen, i]], reference) for i in left]
        chosen.append(left[int(np.argmax(volumes))])
    return [int(front[i]) for i in chosen]
