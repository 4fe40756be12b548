"""The benchmarks are in no installed package; they are imported from the checkout."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[3]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

from benchmarks.power_sensor.recordings import Recording  # noqa: E402  # needs the path
from hyperwatt.workers.meters.power_fit import PowerCurve  # noqa: E402

LOOK_S, PERIOD_S = 0.025, 0.1
LOADS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "step": lambda t: np.where((t > 2) & (t < 8), 200.0, 64.0),
    "square50": lambda t: np.where((t > 1) & (t < 9), np.where(t / 0.1043 % 1 < 0.5, 194, 64), 64),
}


@pytest.fixture
def recorded() -> Callable[..., Recording]:
    """Makes the recording of a sensor with known faults."""

    def make(
        run: str,
        gain: float = 1.0,
        offset_w: float = 0.0,
        delay_s: float = 0.0,
        *,
        part: bool = False,
    ) -> Recording:
        times_s = np.arange(0.0, 12.0, 0.002)
        polled_s = np.arange(-2.0, 15.0, 0.01)
        looked_s = polled_s - delay_s
        if part:
            begun_s = np.floor(looked_s / PERIOD_S + 1e-9) * PERIOD_S
            looks_w = LOADS[run](begun_s[:, None] - np.linspace(0, LOOK_S, 100))
            shown_w = looks_w.mean(axis=1)
        else:
            shown_w = np.interp(looked_s, times_s, LOADS[run](times_s))
        shown = PowerCurve(polled_s, (shown_w - offset_w) / gain)
        return Recording("toy", run, PowerCurve(times_s, LOADS[run](times_s)), shown, shown)

    return make
