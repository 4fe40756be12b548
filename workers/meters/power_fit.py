"""Fits a power correction to what a sensor showed and an external meter saw of the same work.

    min  mean over windows of ((gain * shown(delay) + offset) / true - 1)^2

over windows of 5 to 10 s, with beats levelled first (`beats.py`). The delay is searched on a grid;
gain and offset are then linear. Errors are relative, as reports are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ...constraints.errors import MeasurementError
from .beats import level_beats
from .power_correction import PowerCorrection

Array = npt.NDArray[np.float64]

WINDOW_S = (5.0, 10.0)
WINDOWS = 400  # they overlap; at half, the fit's error is the same to a tenth
LEVELS = 0.05  # of the mean: windows of one level cannot tell an offset from a gain, so it is 0
DELAYS_S = np.arange(-0.05, 1.2, 0.01)  # clocks may be apart; an average of 1 s is 0.5 s late


@dataclass(frozen=True)
class PowerCurve:
    """Power over time, linear between two points.

    Attributes:
        times_s: (n,), rising, n at least 2.
        powers_w: (n,).
    """

    times_s: Array
    powers_w: Array

    def __post_init__(self) -> None:
        if len(self.times_s) < 2 or not np.all(np.diff(self.times_s) > 0):
            raise MeasurementError("a power curve needs at least 2 points at rising times")

    def means_w(self, begins_s: Array, ends_s: Array) -> Array:
        """Mean power of windows.

        >>> curve = PowerCurve(np.array([0.0, 2.0]), np.array([10.0, 30.0]))
        >>> curve.means_w(np.array([0.0, 1.0]), np.array([2.0, 2.0])).tolist()
        [20.0, 25.0]
        """
        spent_j = self._energy_j(ends_s) - self._energy_j(begins_s)
        return np.asarray(spent_j / (ends_s - begins_s))

    def later(self, seconds: float) -> PowerCurve:
        """The same, shifted."""
        return PowerCurve(self.times_s + seconds, self.powers_w)

    def levelled(self) -> PowerCurve:
        """The same without beats."""
        return PowerCurve(self.times_s, level_beats(self.times_s, self.powers_w))

    def _energy_j(self, until_s: Array) -> Array:
        """From the first point on."""
        times_s, powers_w = self.times_s, self.powers_w
        steps_j = np.diff(times_s) * (powers_w[1:] + powers_w[:-1]) / 2
        summed_j = np.concatenate([[0.0], np.cumsum(steps_j)])
        before = (np.searchsorted(times_s, until_s) - 1).clip(0, len(times_s) - 1)
        rest_w = (powers_w[before] + np.interp(until_s, times_s, powers_w)) / 2
        return np.asarray(summed_j[before] + rest_w * (until_s - times_s[before]))


def draw_windows(
    span_s: tuple[float, float], rng: np.random.Generator, count: int = WINDOWS
) -> tuple[Array, Array]:
    """Beginnings and ends of windows of 5 to 10 s that lie anywhere in a span.

    Raises:
        MeasurementError: if the span is too short.
    """
    longest = min(WINDOW_S[1], span_s[1] - span_s[0])
    if longest < WINDOW_S[0]:
        raise MeasurementError(
            f"both curves must share at least 5 s, got {max(longest, 0.0):.3g} s"
        )
    lengths_s = rng.uniform(WINDOW_S[0], longest, count)
    begins_s = span_s[0] + rng.uniform(0, 1, count) * (span_s[1] - span_s[0] - lengths_s)
    return begins_s, begins_s + lengths_s


def fit_correction(
    shown: PowerCurve,
    true: PowerCurve,
    rng: np.random.Generator,
    *,
    gpu: str,
    fitted: str,
    delays_s: Sequence[float] | Array = DELAYS_S,
) -> PowerCorrection:
    """The correction that makes the shown curve most like the true one.

    Args:
        shown: by the sensor.
        true: of the meter, on the same clock.
        rng: draws the windows.
        gpu: name of the GPU.
        fitted: on what, in words.
        delays_s: that are tried.

    Raises:
        MeasurementError: if the curves share less than 5 s at all delays.
    """
    begin_s = max(true.times_s[0], shown.times_s[0] - min(delays_s))
    end_s = min(true.times_s[-1], shown.times_s[-1] - max(delays_s))
    windows, levelled = draw_windows((begin_s, end_s), rng), shown.levelled()
    true_w = true.means_w(*windows)

    def fit(delay_s: float) -> PowerCorrection:
        shown_w = levelled.later(-delay_s).means_w(*windows)
        gain, offset_w, error = fit_line(shown_w, true_w)
        return PowerCorrection(gpu, gain, offset_w, float(delay_s), fitted, error)

    return min((fit(delay_s) for delay_s in delays_s), key=lambda found: found.relative_error)


def fit_line(shown_w: Array, true_w: Array) -> tuple[float, float, float]:
    """Gain, offset and the root mean square of the relative error that is left.

    Args:
        shown_w: (n,), means of windows.
        true_w: (n,), of the same windows.
    """
    columns = np.column_stack([shown_w, np.ones_like(shown_w)]) / true_w[:, None]
    if np.ptp(shown_w) < LEVELS * shown_w.mean():
        columns[:, 1] = 0.0
    gain, offset_w = np.linalg.lstsq(columns, np.ones_like(shown_w))[0]
    left = columns @ [gain, offset_w] - 1
    return float(gain), float(offset_w), float(np.sqrt(np.mean(left**2)))
