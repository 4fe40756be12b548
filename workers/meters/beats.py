"""Takes the beat out of a sensor that looks at power for a part of the time only.

An A100's sensor averages some 25 ms of each 100 ms [Yang2023]. Work that repeats every 104 ms is
met a little later in its course at each look, so that what is shown swings through the work's own
high and low within seconds, though its mean stands still. A window that is not a whole number of
such beats is off by several per cent.

A beat is told by three things: it is wide, it comes again, and it moves by little from one look to
the next, while work that begins or ends moves by much. Between two such jumps, the mean over whole
beats is put in place of all. Where the power itself swings so slowly, its mean is kept and its
shape is lost.

[Yang2023] Yang et al., "Part-time Power Measurements", arXiv:2312.02741.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

JUMP = 0.5  # of the whole swing, between two looks; at half, a beat's own flanks count as jumps
WIDE = 0.1  # of the mean; narrower beats cost less than 2 % of a window, at half less than 1 %
ALIKE = 0.8  # correlation of a beat with the next; noise reaches it in 3 of 1000 traces of 10 s
GRID_S = 0.02  # at double, beats of half a second are told with an error of 4 %
LOOKS = (
    8  # at least, in a beat: with fewer its flanks are jumps; at half, noise comes again by chance
)


def level_beats(times_s: Array, powers_w: Array) -> Array:
    """What a sensor showed, with each beat that was seen twice replaced by its mean.

    Args:
        times_s: (n,), rising.
        powers_w: (n,), as it was polled: a value that is shown several times may stay.

    Returns:
        (n,), in W; what does not beat is as it was.
    """
    levelled = powers_w.copy()
    looks = np.flatnonzero(np.diff(powers_w, prepend=np.nan) != 0)
    for first, after in _stretches(powers_w[looks]):
        stretch = looks[first:after]
        mean_w = _mean_of_beats(times_s[stretch], powers_w[stretch])
        if mean_w is not None:
            levelled[stretch[0] : [*looks, len(powers_w)][after]] = mean_w
    return levelled


def _stretches(shown_w: Array) -> Iterator[tuple[int, int]]:
    """First look of each long stretch without a jump, and the first after it."""
    if len(shown_w) < 2 * LOOKS:
        return
    low, high = np.percentile(shown_w, (5, 95))
    jumps = np.flatnonzero(np.abs(np.diff(shown_w)) > JUMP * (high - low)) + 1
    edges = [0, *jumps.tolist(), len(shown_w)]
    for first, after in pairwise(edges):
        if after - first >= 2 * LOOKS:
            yield first, after


def _mean_of_beats(times_s: Array, shown_w: Array) -> float | None:
    """Mean over whole beats, wherever the first begins; None if there is no beat."""
    if np.ptp(shown_w) < WIDE * shown_w.mean():
        return None
    even = np.interp(np.arange(times_s[0], times_s[-1], GRID_S), times_s, shown_w)
    steps = _steps_of_beat(even, LOOKS * len(even) // len(shown_w))
    if steps is None:
        return None
    summed = np.concatenate([[0.0], np.cumsum((even[1:] + even[:-1]) / 2)])
    return float(np.mean(summed[steps:] - summed[:-steps]) / steps)


def _steps_of_beat(even: Array, least: int) -> int | None:
    """After how many steps the shape comes again; None if it does not within half its length."""
    likeness = np.array([_likeness(even[:-k], even[k:]) for k in range(1, len(even) // 2)])
    unlike = np.flatnonzero(likeness < 0)
    begin = max(int(unlike[0]), least) if len(unlike) else len(likeness)
    if begin >= len(likeness):
        return None
    best = begin + int(np.argmax(likeness[begin:]))
    return best + 1 if likeness[best] > ALIKE else None


def _likeness(one: Array, other: Array) -> float:
    """Correlation; 0 if either stands still."""
    a, b = one - one.mean(), other - other.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 0 else 0.0
