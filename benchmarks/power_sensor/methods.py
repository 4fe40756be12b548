"""Ways to tell the energy of a window from what a sensor showed; each is fitted on one run.

A method takes a recording and gives a function that estimates mean powers of another's windows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from benchmarks.power_sensor.recordings import Recording, read_seldom
from hyperwatt.constraints.domains import Array
from hyperwatt.workers.meters.power_correction import PowerCorrection
from hyperwatt.workers.meters.power_fit import (
    DELAYS_S,
    PowerCurve,
    draw_windows,
    fit_correction,
    fit_line,
)

Windows = tuple[Array, Array]
Estimate = Callable[[Recording, Windows], Array]
Method = Callable[[Recording, np.random.Generator], Estimate]
Pick = Callable[[Recording], PowerCurve]


def draw(recording: Recording) -> PowerCurve:
    """nvidia-smi's default value."""
    return recording.draw


def instant(recording: Recording) -> PowerCurve:
    """The value without an average of a second."""
    return recording.instant


def naive(pick: Pick) -> Method:
    """What is shown, integrated."""
    return lambda run, rng: lambda other, windows: pick(other).means_w(*windows)


def gain_only(pick: Pick) -> Method:
    """One factor, by least squares of the relative error."""

    def fit(run: Recording, rng: np.random.Generator) -> Estimate:
        windows = draw_windows(run.span_s, rng)
        ratio = pick(run).means_w(*windows) / run.true.means_w(*windows)
        gain = ratio.sum() / (ratio**2).sum()
        return lambda other, windows: gain * pick(other).means_w(*windows)

    return fit


def linear(pick: Pick) -> Method:
    """Factor and offset, by least squares of the relative error."""

    def fit(run: Recording, rng: np.random.Generator) -> Estimate:
        windows = draw_windows(run.span_s, rng)
        gain, offset_w, _ = fit_line(pick(run).means_w(*windows), run.true.means_w(*windows))
        return lambda other, windows: gain * pick(other).means_w(*windows) + offset_w

    return fit


def linear_with_delay(run: Recording, rng: np.random.Generator) -> Estimate:
    """Factor, offset and delay of the instant value; beats stay."""
    windows = draw_windows(run.span_s, rng)
    true_w = run.true.means_w(*windows)
    fits = [
        (fit_line(run.instant.later(-delay_s).means_w(*windows), true_w), delay_s)
        for delay_s in DELAYS_S
    ]
    (gain, offset_w, _), delay_s = min(fits, key=lambda fit: fit[0][2])
    return lambda other, windows: gain * other.instant.later(-delay_s).means_w(*windows) + offset_w


def correction_of(
    run: Recording, rng: np.random.Generator, pick: Pick = instant
) -> PowerCorrection:
    """The product's correction, fitted on a run."""
    return fit_correction(pick(run), run.true, rng, gpu=run.gpu, fitted=run.run)


def ours(run: Recording, rng: np.random.Generator) -> Estimate:
    """Beats levelled over the whole recording; factor, offset, delay."""
    correction = correction_of(run, rng)
    return lambda other, windows: means_w(correction, other.instant.levelled(), windows)


def ours_read_seldom(run: Recording, rng: np.random.Generator) -> Estimate:
    """The same, fitted and applied to ten readings a second."""
    seldom: Pick = lambda recording: read_seldom(recording.instant, rng)  # noqa: E731
    correction = correction_of(run, rng, seldom)
    return lambda other, windows: means_w(correction, seldom(other).levelled(), windows)


def ours_in_window(run: Recording, rng: np.random.Generator) -> Estimate:
    """The same, but only the readings of the window itself may tell its beats."""
    correction = correction_of(run, rng)

    def estimate(other: Recording, windows: Windows) -> Array:
        each = zip(*windows, strict=True)
        return np.array([_alone_w(correction, other.instant, b, e) for b, e in each])

    return estimate


def means_w(correction: PowerCorrection, levelled: PowerCurve, windows: Windows) -> Array:
    """Corrected means of windows."""
    shown_w = levelled.later(-correction.delay_s).means_w(*windows)
    return np.asarray(correction.gain * shown_w + correction.offset_w)


def _alone_w(correction: PowerCorrection, shown: PowerCurve, begin_s: float, end_s: float) -> float:
    times_s = shown.times_s - correction.delay_s
    inside = (times_s >= begin_s) & (times_s <= end_s)
    cut = PowerCurve(shown.times_s[inside], shown.powers_w[inside])
    return float(means_w(correction, cut.levelled(), (np.array([begin_s]), np.array([end_s])))[0])


METHODS: Mapping[str, Method] = {
    "naive: `power.draw`": naive(draw),
    "naive: instant": naive(instant),
    "gain only, `power.draw`": gain_only(draw),
    "linear, `power.draw`": linear(draw),
    "gain only, instant": gain_only(instant),
    "linear, instant": linear(instant),
    "linear and delay, instant": linear_with_delay,
    "**ours**: linear, delay, beats levelled": ours,
    "ours, read 10 times a second": ours_read_seldom,
    "ours, each window by its own readings alone": ours_in_window,
}
