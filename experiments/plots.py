"""Plots of a sweep and of comparisons. Colours are Okabe and Ito's, safe for the colour-blind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from io import BytesIO

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..constraints.metrics import METRICS
from ..constraints.objective import Constraint
from ..constraints.units import readable_unit
from ..orchestrator.history import is_feasible
from ..orchestrator.outcomes import values_of
from ..orchestrator.plan import Plan
from ..orchestrator.state import State
from .curves import Curve
from .quality import Quality

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def to_png(figure: Figure) -> bytes:
    """A figure as a PNG file."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=130)
    return buffer.getvalue()


def incumbent_figure(curve: Curve, quality: Quality) -> Figure:
    """Best feasible value or hypervolume against trainings and against time, of one run."""
    figure = Figure(figsize=(9, 3.2), layout="constrained")
    by_count, by_time = figure.subplots(1, 2, sharey=True)
    values = quality.value(curve.best)
    by_count.step(curve.trainings, values, where="post", color=COLOURS[0])
    by_time.step(curve.times_s, values, where="post", color=COLOURS[0])
    label_axis(by_count, "trainings dispatched", quality.label)
    label_axis(by_time, "time (s)", "")
    return figure


def cost_figure(plan: Plan, state: State) -> Figure | None:
    """The first objective against each budgeted cost, with its bound; None without a budget."""
    if not plan.predicted:
        return None
    figure = Figure(figsize=(4.5 * len(plan.predicted), 3.4), layout="constrained")
    axes = figure.subplots(1, len(plan.predicted), sharey=True, squeeze=False)[0]
    for axis, constraint in zip(axes, plan.predicted, strict=True):
        _scatter(axis, plan, state, constraint)
    axes[0].legend(fontsize=8)
    return figure


def prediction_figure(plan: Plan, state: State) -> Figure | None:
    """Cost predicted when a trial was proposed, against what its probe measured."""
    if not plan.gated:
        return None
    figure = Figure(figsize=(4.5 * len(plan.predicted), 3.6), layout="constrained")
    axes = figure.subplots(1, len(plan.predicted), squeeze=False)[0]
    for axis, constraint in zip(axes, plan.predicted, strict=True):
        metric = METRICS[constraint.metric]
        unit, scale = readable_unit(constraint.bound, metric.unit)
        shown = [t for t in state.of("train") if {metric.name} <= t.costs.keys() & t.verdict.costs]
        measured = [trial.costs[metric.name].value / scale for trial in shown]
        predicted = [trial.verdict.costs[metric.name] / scale for trial in shown]
        bound = constraint.bound / scale
        axis.scatter(measured, predicted, s=18, color=COLOURS[0])
        axis.axline((bound, bound), slope=1, color="grey", lw=0.8)
        axis.axvline(bound, color=COLOURS[1], ls="--", lw=1)
        axis.axhline(bound, color=COLOURS[1], ls="--", lw=1)
        label_axis(axis, f"measured {metric.short} ({unit})", f"predicted {metric.short} ({unit})")
    return figure


def regret_figure(groups: Mapping[str, Sequence[Curve]], quality: Quality) -> Figure:
    """Best feasible value or hypervolume of strategies: median, and the repeats' range shaded.

    A repeat without a feasible network counts as worse than any that has one; the repeats of such
    a strategy are drawn one by one.
    """
    figure = Figure(figsize=(10, 3.8), layout="constrained")
    by_count, by_time = figure.subplots(1, 2, sharey=True)
    for index, (name, curves) in enumerate(groups.items()):
        last = max(curve.trainings[-1] for curve in curves)
        grid = np.arange(0, last + 1)
        _band(by_count, grid, [c.at_training(grid) for c in curves], quality, name, index)
        times = np.linspace(0, max(c.times_s[-1] for c in curves), 200)
        _band(by_time, times, [c.at_time(times) for c in curves], quality, name, index)
    label_axis(by_count, "trainings dispatched", quality.label)
    label_axis(by_time, "time since the start, profile included (s)", "")
    smaller_is_better = not (quality.several or quality.objectives[0].maximise)
    best = np.concatenate([curve.best for curves in groups.values() for curve in curves])
    known = best[~np.isnan(best)]
    if smaller_is_better and len(known) and (known > 0).all():
        by_count.set_yscale("log")  # shared; a share of errors spans decades
    by_count.legend(fontsize=8)
    return figure


def _band(
    axis: Axes, grid: np.ndarray, losses: list[np.ndarray], quality: Quality, name: str, index: int
) -> None:
    colour, marker = COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)]
    stacked = np.vstack(losses)
    found = int((~np.isnan(stacked[:, -1])).sum())
    label = name if found == len(stacked) else f"{name} ({found}/{len(stacked)} found feasible)"
    axis.plot([], [], color=colour, marker=marker, ms=4, lw=1.6, label=label)
    median = np.median(np.nan_to_num(stacked, nan=np.inf), axis=0)  # none yet: worse than any
    shown = np.isfinite(median)
    every = max(1, int(shown.sum()) // 10)
    axis.plot(grid[shown], quality.value(median[shown]), color=colour, lw=1.6,
              marker=marker, markevery=every, ms=4, drawstyle="steps-post")  # fmt: skip
    whole = ~np.isnan(stacked).any(axis=0)
    least, most = stacked[:, whole].min(axis=0), stacked[:, whole].max(axis=0)
    axis.fill_between(
        grid[whole], quality.value(least), quality.value(most), step="post",
        color=colour, alpha=0.15,
    )  # fmt: skip
    if found < len(stacked):  # the repeats one by one, where they have no common band
        axis.plot(
            grid, quality.value(stacked.T), color=colour, lw=0.7, alpha=0.7, drawstyle="steps-post"
        )


def _scatter(axis: Axes, plan: Plan, state: State, constraint: Constraint) -> None:
    metric = METRICS[constraint.metric]
    unit, scale = readable_unit(constraint.bound, metric.unit)
    for inside, colour, marker, name in (
        (True, COLOURS[0], "o", "inside the budget"),
        (False, COLOURS[1], "x", "over the budget"),
    ):
        shown = [
            trial
            for trial in state.of("train")
            if trial.trained and is_feasible(trial, plan.predicted) == inside
        ]
        x = [trial.costs[constraint.metric].value / scale for trial in shown]
        known = [values_of(trial, plan.objectives)[0] for trial in shown]
        y = [np.nan if value is None else value for value in known]
        if shown:
            axis.scatter(x, y, s=20, c=colour, marker=marker, label=name)
    axis.axvline(constraint.bound / scale, color="grey", ls="--", lw=1, label="bound")
    label_axis(axis, f"measured {metric.short} ({unit})", METRICS[plan.objective.metric].short)


def label_axis(axis: Axes, x: str, y: str) -> None:
    """Name the axes, with their units, and quieten the frame."""
    axis.set_xlabel(x)
    axis.set_ylabel(y)
    axis.grid(alpha=0.25)
    axis.spines[["top", "right"]].set_visible(False)
