"""Judges ways to tell a window's energy: fitted on one run, tested on the other, many times."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.power_sensor.methods import Method, Windows, correction_of
from benchmarks.power_sensor.recordings import Recording
from hyperwatt.constraints.domains import Array
from hyperwatt.workers.meters.power_correction import PowerCorrection
from hyperwatt.workers.meters.power_fit import draw_windows

SEEDS = 10  # each draws the windows of fit and test anew
WINDOWS = 100  # tested, a seed
CLOCK_S = 0.05  # by which the clocks of meter and sensor may be apart, by the data's own note


@dataclass(frozen=True)
class Judged:
    """Relative errors of windows.

    Attributes:
        errors: (seeds, windows), signed.
    """

    errors: Array

    @property
    def mean(self) -> float:
        """Mean absolute error."""
        return float(np.abs(self.errors).mean())

    def __str__(self) -> str:
        """Mean absolute error, its standard deviation over seeds, and the largest error."""
        size = np.abs(self.errors)
        return f"{size.mean():.2%} +- {size.mean(axis=1).std(ddof=1):.2%} ({size.max():.1%})"


def judge(
    method: Method, fitted: Recording, tested: Recording, span_s: tuple[float, float] | None = None
) -> Judged:
    """Fit a method on one run and test it on windows of another.

    Args:
        method: to judge.
        fitted: its run.
        tested: the other run.
        span_s: that all tested windows lie in; None takes the whole recording.
    """

    def errors_of(seed: int) -> Array:
        rng = np.random.default_rng(seed)
        windows = draw_windows(span_s or tested.span_s, rng, WINDOWS)
        told_w = method(fitted, rng)(tested, windows)
        return told_w / tested.true.means_w(*windows) - 1

    return Judged(np.array([errors_of(seed) for seed in range(SEEDS)]))


def clock_floor(tested: Recording) -> float:
    """Mean absolute difference of the meter from itself, moved by what the clocks may differ."""
    begin_s, end_s = tested.span_s
    inner_s = (begin_s + CLOCK_S, end_s - CLOCK_S)
    windows: Windows = draw_windows(inner_s, np.random.default_rng(0), SEEDS * WINDOWS)
    true_w = tested.true.means_w(*windows)
    moved = [tested.true.later(by_s).means_w(*windows) for by_s in (-CLOCK_S, CLOCK_S)]
    return float(np.mean([np.abs(moved_w / true_w - 1).mean() for moved_w in moved]))


def corrections(run: Recording) -> list[PowerCorrection]:
    """The product's correction of a run, of each seed."""
    return [correction_of(run, np.random.default_rng(seed)) for seed in range(SEEDS)]
