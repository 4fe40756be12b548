from __future__ import annotations

import numpy as np
import pytest

from hyperwatt.constraints.errors import MeasurementError
from hyperwatt.workers.meters.power_fit import PowerCurve, draw_windows, fit_correction

TIMES_S = np.arange(-2.0, 16.0, 0.01)


def step_w(times_s: np.ndarray) -> np.ndarray:
    return np.where((times_s > 2) & (times_s < 8), 200.0, 64.0)


def shown_by(gain: float, offset_w: float, delay_s: float) -> PowerCurve:
    """What a sensor shows of the step."""
    return PowerCurve(TIMES_S, (step_w(TIMES_S - delay_s) - offset_w) / gain)


def metered() -> PowerCurve:
    inside = (TIMES_S >= 0) & (TIMES_S <= 14)
    return PowerCurve(TIMES_S[inside], step_w(TIMES_S[inside]))


@pytest.mark.parametrize("gain", [0.9, 1.0, 1.05])
@pytest.mark.parametrize("offset_w", [-3.0, 0.0, 5.0])
@pytest.mark.parametrize("delay_s", [0.0, 0.06, 0.5])
def test_a_known_sensor_is_recovered(gain: float, offset_w: float, delay_s: float) -> None:
    found = fit_correction(
        shown_by(gain, offset_w, delay_s), metered(), np.random.default_rng(0), gpu="x", fitted="y"
    )

    assert found.gain == pytest.approx(gain, abs=1e-3)
    assert found.offset_w == pytest.approx(offset_w, abs=0.1)
    assert found.delay_s == pytest.approx(delay_s, abs=0.011)
    assert found.relative_error < 1e-3


def test_one_level_of_power_gives_a_gain_and_no_offset() -> None:
    true = PowerCurve(np.arange(0.0, 14.0), np.full(14, 105.0))
    shown = PowerCurve(np.arange(-2.0, 18.0), np.full(20, 100.0))

    found = fit_correction(shown, true, np.random.default_rng(0), gpu="x", fitted="y")

    assert (found.gain, found.offset_w) == (pytest.approx(1.05), 0.0)


def test_curves_that_share_less_than_a_window_are_refused() -> None:
    true = PowerCurve(np.arange(0.0, 5.0), np.ones(5))

    with pytest.raises(MeasurementError, match="share at least 5 s"):
        fit_correction(true, true, np.random.default_rng(0), gpu="x", fitted="y")


@pytest.mark.parametrize("times_s", [[0.0], [0.0, 0.0], [1.0, 0.0]])
def test_a_curve_goes_forward_in_time(times_s: list[float]) -> None:
    with pytest.raises(MeasurementError, match="rising times"):
        PowerCurve(np.array(times_s), np.ones(len(times_s)))


def test_means_of_adjoining_windows_make_up_the_whole() -> None:
    rng = np.random.default_rng(0)
    curve = PowerCurve(np.cumsum(rng.uniform(0.01, 1.0, 50)), rng.uniform(50, 400, 50))
    cuts_s = np.sort(rng.uniform(curve.times_s[0], curve.times_s[-1], 9))

    means_w = curve.means_w(cuts_s[:-1], cuts_s[1:])

    whole_w = curve.means_w(cuts_s[:1], cuts_s[-1:])[0]
    assert np.average(means_w, weights=np.diff(cuts_s)) == pytest.approx(whole_w)


def test_windows_last_5_to_10_s_and_lie_in_the_span() -> None:
    begins_s, ends_s = draw_windows((1.0, 12.0), np.random.default_rng(0))

    assert np.all(begins_s >= 1.0)
    assert np.all(ends_s <= 12.0)
    assert 5.0 <= (ends_s - begins_s).min() < 5.2
    assert 9.8 < (ends_s - begins_s).max() <= 10.0
