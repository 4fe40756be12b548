"""Repeats a timing until its median is known well enough."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .protocol import Window

Clock = Callable[[], float]

WARM_UP_RUNS = 3  # the first run chooses kernels and fills caches, the second still allocates
WARM_UP_SHARE = 0.1  # of the shortest window; at half, frequency scaling is seen in it
MIN_SAMPLES = 5
MEDIAN_EFFICIENCY = math.sqrt(math.pi / 2)  # a median's standard error over a mean's, normal data
MAD_TO_STD = 1.4826  # of a normal distribution


@dataclass(frozen=True)
class Timing:
    """A median of times.

    Attributes:
        median_s: of all times.
        standard_error_s: of the median, from the robust spread.
        samples: how many times it is the median of.
        p95_s: 95 of 100 times are not longer.
    """

    median_s: float
    standard_error_s: float
    samples: int
    p95_s: float

    @property
    def scatter(self) -> float:
        """The robust spread of single times, as a share of the median."""
        return self.standard_error_s * math.sqrt(self.samples) / MEDIAN_EFFICIENCY / self.median_s

    def misses(self, target_relative_error: float) -> bool:
        """Whether the median is less sure than was asked for."""
        return self.standard_error_s > target_relative_error * self.median_s

    def noted(self) -> dict[str, float]:
        """What a measurement notes beside the median."""
        return {"p95_s": self.p95_s, "scatter": self.scatter}


def summarise(times_s: list[float]) -> Timing:
    """The median of times and its standard error, from the robust spread.

    >>> timing = summarise([1.0, 1.0, 1.0, 9.0])
    >>> timing.median_s, timing.standard_error_s, timing.samples
    (1.0, 0.0, 4)
    """
    median = float(np.median(times_s))
    spread = MAD_TO_STD * float(np.median(np.abs(np.asarray(times_s) - median)))
    error = MEDIAN_EFFICIENCY * spread / math.sqrt(len(times_s))
    return Timing(median, error, len(times_s), float(np.percentile(times_s, 95)))


def warm_up(run: Callable[[], object], window: Window, clock: Clock) -> None:
    """Run until the first, slower runs are over."""
    end_s = clock() + WARM_UP_SHARE * window.min_time_s
    runs = 0
    while runs < WARM_UP_RUNS or clock() < end_s:
        run()
        runs += 1


def time_until_sure(draw_s: Callable[[], float], window: Window, clock: Clock) -> Timing:
    """Time again and again until the median is sure enough or the window is over.

    Args:
        draw_s: does the work once and returns how long it took.
        window: when to stop.
        clock: of the window, in s.
    """
    begin_s = clock()
    check_s = begin_s + window.min_time_s
    times_s: list[float] = []
    while True:
        times_s.append(draw_s())
        now_s = clock()
        over = now_s - begin_s >= window.max_time_s
        if not over and (now_s < check_s or len(times_s) < MIN_SAMPLES):
            continue
        timing = summarise(times_s)
        if over or not timing.misses(window.target_relative_error):
            return timing
        check_s = begin_s + 1.2 * (now_s - begin_s)  # so that checking costs little
