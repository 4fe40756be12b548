"""What an external power meter and nvidia-smi recorded of the same work [Yang2023].

[Yang2023] Yang et al., "Part-time Power Measurements", arXiv:2312.02741;
github.com/JimZeyuYang/GPU_Power_Benchmark.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from hyperwatt.constraints.domains import Array
from hyperwatt.workers.meters.power_fit import PowerCurve

GPUS = ("A100", "3090")
RUNS = ("step", "square50")
# From the meter: the work's first and last moment. The first half second, when power still climbs,
# is left out, as a probe's warm-up does.
WORK_S = {"step": (1.55, 6.95), "square50": (1.55, 8.8)}
PERIOD_S, JITTER = 0.1, 0.5  # at which the product's sampler reads


@dataclass(frozen=True)
class Recording:
    """One run on one GPU; all curves on one clock.

    Attributes:
        gpu: its name.
        run: `step` or `square50`.
        true: what the meter saw.
        draw: nvidia-smi's `power.draw`.
        instant: its `power.draw.instant`.
    """

    gpu: str
    run: str
    true: PowerCurve
    draw: PowerCurve
    instant: PowerCurve

    @property
    def name(self) -> str:
        """For tables."""
        return f"{self.gpu}, {self.run}"

    @property
    def span_s(self) -> tuple[float, float]:
        """First and last moment that the meter saw."""
        return float(self.true.times_s[0]), float(self.true.times_s[-1])


def load_recordings(folder: Path) -> dict[tuple[str, str], Recording]:
    """All recordings by GPU and run.

    Args:
        folder: `gpu_power_sensor` of the measured data.
    """
    return {(gpu, run): _load(folder, gpu, run) for gpu in GPUS for run in RUNS}


def read_seldom(polled: PowerCurve, rng: np.random.Generator) -> PowerCurve:
    """The same, read ten times a second on average, as the product's sampler does."""
    begin_s, end_s = polled.times_s[0], polled.times_s[-1]
    count = int(2 * (end_s - begin_s) / PERIOD_S)
    pauses_s = PERIOD_S * (1 + JITTER * rng.uniform(-1, 1, count))
    times_s = begin_s + np.cumsum(pauses_s)
    times_s = times_s[times_s <= end_s]
    last = np.searchsorted(polled.times_s, times_s, side="right") - 1
    return PowerCurve(times_s, polled.powers_w[last])


def _load(folder: Path, gpu: str, run: str) -> Recording:
    meter = pd.read_parquet(folder / f"{run}_{gpu}_pmd.parquet")
    shown = pd.read_parquet(folder / f"{run}_{gpu}_smi.parquet")
    return Recording(
        gpu=gpu,
        run=run,
        true=_curve(meter.t_ms, meter.power_W),
        draw=_curve(shown.t_ms, shown.smi),
        instant=_curve(shown.t_ms, shown.smi_instant),
    )


def _curve(times_ms: pd.Series[float], powers_w: pd.Series[float]) -> PowerCurve:
    times_s: Array = times_ms.to_numpy(np.float64) / 1e3
    later = np.flatnonzero(np.diff(times_s, prepend=-np.inf) > 0)
    return PowerCurve(times_s[later], powers_w.to_numpy(np.float64)[later])
