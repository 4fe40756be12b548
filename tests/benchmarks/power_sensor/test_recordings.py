"""The goal, on the measured data; and how the product would have read it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.power_sensor.judged import judge
from benchmarks.power_sensor.methods import instant, naive, ours
from benchmarks.power_sensor.recordings import GPUS, load_recordings, read_seldom
from hyperwatt.workers.meters.power_fit import PowerCurve

DATA = Path(__file__).parents[4] / "shared/data/gpu_power_sensor"


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason=f"no recordings in {DATA}")
@pytest.mark.parametrize("gpu", GPUS)
@pytest.mark.parametrize(("fitted", "tested"), [("step", "square50"), ("square50", "step")])
def test_a_correction_holds_on_the_run_it_did_not_see(gpu: str, fitted: str, tested: str) -> None:
    recordings = load_recordings(DATA)
    pair = recordings[gpu, fitted], recordings[gpu, tested]

    assert judge(ours, *pair).mean < 0.01 < 0.03 < judge(naive(instant), *pair).mean


def test_seldom_readings_are_of_what_was_last_polled() -> None:
    polled = PowerCurve(np.arange(0.0, 60.0, 0.01), np.arange(6000.0))

    seldom = read_seldom(polled, np.random.default_rng(0))

    pauses_s = np.diff(seldom.times_s)
    assert 0.05 <= pauses_s.min() < pauses_s.max() <= 0.15
    assert pauses_s.mean() == pytest.approx(0.1, rel=0.05)  # 600 pauses: 10 standard deviations
    assert np.all(np.floor(seldom.times_s * 100) - seldom.powers_w <= 1)
