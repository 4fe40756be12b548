"""Plots of a profile: predicted against measured, calibration, and the learning curve."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.stats import norm

from ..constraints.metrics import METRICS
from ..constraints.units import readable_unit
from .contest import Contest
from .plots import COLOURS, MARKERS, label_axis

SHARES = np.linspace(0.05, 0.95, 19)  # of intervals whose coverage is drawn


def profile_figure(contest: Contest) -> Figure:
    """Three views of one metric's contest, all on measurements left out."""
    figure = Figure(figsize=(12, 3.8), layout="constrained")
    scatter, calibration, curve = figure.subplots(1, 3)
    _predicted(scatter, contest)
    _calibration(calibration, contest)
    _curve(curve, contest)
    return figure


def _predicted(axis: Axes, contest: Contest) -> None:
    metric = METRICS[contest.metric]
    unit, scale = readable_unit(float(np.median(contest.costs)), metric.unit)
    baseline, best = contest.judged[0], contest.picked
    for judged, colour, marker in ((baseline, COLOURS[1], "x"), (best, COLOURS[0], "o")):
        axis.scatter(contest.costs / scale, judged.prediction.mean / scale, s=16, c=colour,
                     marker=marker, label=judged.contestant.title)  # fmt: skip
    middle = float(np.median(contest.costs)) / scale
    axis.axline((middle, middle), slope=1, color="grey", lw=0.8)
    label_axis(axis, f"measured {metric.short} ({unit})", f"predicted {metric.short} ({unit})")
    axis.legend(fontsize=7)


def _calibration(axis: Axes, contest: Contest) -> None:
    prediction = contest.picked.prediction
    std = np.maximum(prediction.std, np.finfo(float).tiny)
    z = np.abs(contest.costs - prediction.mean) / std
    covered = [float(np.mean(z <= norm.ppf(0.5 + share / 2))) for share in SHARES]
    axis.plot(SHARES, SHARES, color="grey", lw=0.8)
    axis.plot(SHARES, covered, color=COLOURS[0], marker="o", ms=3)
    label_axis(axis, "share of the interval", "measured values inside it")


def _curve(axis: Axes, contest: Contest) -> None:
    rows = [point.rows for point in contest.curve]
    errors = np.array([100 * point.quality.rmspe for point in contest.curve])
    spread = np.array([100 * point.rmspe_std for point in contest.curve])
    if rows:
        axis.errorbar(rows, errors, spread, color=COLOURS[0], marker=MARKERS[0], ms=4, capsize=2)
        axis.set_ylim(bottom=0)
    label_axis(axis, "measurements", "RMSPE of others (%)")
