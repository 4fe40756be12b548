"""What a gate is worth, drawn over the feasible share of the space."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .comparison_tables import Pair
from .plots import COLOURS, MARKERS, label_axis
from .speedup import Ratio, samples_ratio

AtShare = tuple[float, Sequence[tuple[Pair, Ratio]]]
SPREAD = 1.04  # of the solvers around a share, so that their intervals do not cover each other


def shares_figure(done: Sequence[AtShare]) -> Figure:
    """Two ratios of HyperPower's form to the default over the share, with bootstrap intervals.

    Args:
        done: `(share as a fraction, each solver with its speed-up)`.
    """
    figure = Figure(figsize=(10, 4), layout="constrained")
    sooner, looked = figure.subplots(1, 2)
    labels = [pair.label for pair, _ in done[0][1]]
    for index, label in enumerate(labels):
        points = [(share, found) for share, ratios in done for found in ratios
                  if found[0].label == label]  # fmt: skip
        at = 100 * np.array([share for share, _ in points]) * SPREAD ** (index - len(labels) / 2)
        _draw(sooner, at, [ratio for _, (_, ratio) in points], label, index)
        counts = [samples_ratio(*p.curves) for _, (p, _) in points]
        _draw(looked, at, counts, label, index)
    for axis, title in (
        (sooner, "times sooner at the default's best value"),
        (looked, "candidates looked at, times the default's"),
    ):
        axis.axhline(1.0, color="grey", lw=1, ls="--")
        axis.set_xscale("log")
        axis.set_yscale("log")
        percents = [100 * share for share, _ in done]
        axis.set_xticks(percents, [f"{percent:g}" for percent in percents])
        axis.minorticks_off()
        label_axis(axis, "feasible share of the space (%)", title)
    sooner.legend(fontsize=8)
    return figure


def _draw(axis: Axes, at: np.ndarray, ratios: Sequence[Ratio], label: str, index: int) -> None:
    """A curve with intervals; a median of 0 (never reached) has no place on a log axis."""
    median = np.array([ratio.median if ratio.median > 0 else np.nan for ratio in ratios])
    low = np.array([ratio.low for ratio in ratios])
    high = np.array([ratio.high for ratio in ratios])
    bars = np.nan_to_num(np.vstack([median - np.maximum(low, 1e-2), high - median]), nan=0.0)
    axis.errorbar(
        at, median, yerr=np.maximum(bars, 0.0), label=label, lw=1.4, ms=5, capsize=2,
        color=COLOURS[index % len(COLOURS)], marker=MARKERS[index % len(MARKERS)],
        ls="--" if label.endswith("(full)") else "-",
    )  # fmt: skip
