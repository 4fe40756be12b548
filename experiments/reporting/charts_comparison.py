"""Strategies side by side: the best so far of their repeats, and where each of them ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np

from ..curves import Curve
from ..quality import Quality
from .axes import WHOLE
from .charts_progress import value_scale, value_title
from .columns import rounded
from .drawing import COLOURS, Drawing, Rows, drawing, tips

MOST_STEPS = 200  # of a band; more cannot be seen
AXES = {"trainings": "trainings ended", "minutes": "running time, measuring first included (min)"}
Groups = Mapping[str, Sequence[Curve]]


def band_rows(groups: Groups, quality: Quality, axis: str) -> Rows:
    """Median and quartiles of each strategy's repeats, as far as half of them still ran.

    A repeat without a feasible network counts as worse than any that has one: where the median is
    such a one there is no row, and where a quartile is one the band ends at the worst that is
    known.
    """
    rows: Rows = []
    for name, curves in groups.items():
        ends = [curve.trainings[-1] if axis == "trainings" else curve.times_s[-1] / 60
                for curve in curves]  # fmt: skip
        grid = np.unique(np.linspace(0, float(np.median(ends)), MOST_STEPS))
        if axis == "trainings":
            grid = np.unique(grid.round())
            stacked = np.vstack([curve.at_training(grid) for curve in curves])
        else:
            stacked = np.vstack([curve.at_time(60 * grid) for curve in curves])
        worst = np.where(np.isnan(stacked), np.inf, stacked)
        low, middle, high = np.quantile(worst, (0.25, 0.5, 0.75), axis=0, method="inverted_cdf")
        known = np.nanmax(stacked, initial=-np.inf) if np.isfinite(stacked).any() else np.nan
        high = np.where(np.isfinite(high), high, known)
        scale = value_scale(quality)
        begun = False
        for at, one, two, three in zip(grid, middle, low, high, strict=True):
            if np.isfinite(one):
                rows.append({
                    "strategy": name, axis: rounded(at), "first": not begun,
                    "value": rounded(scale * float(quality.value(np.array(one)))),
                    "low": rounded(scale * float(quality.value(np.array(two)))),
                    "high": rounded(scale * float(quality.value(np.array(three)))),
                })  # fmt: skip
                begun = True
    return rows


def end_rows(groups: Groups, quality: Quality) -> Rows:
    """Where each repeat ended; those that found nothing feasible have no row."""
    scale = value_scale(quality)
    return [
        {"strategy": name, "value": rounded(scale * float(quality.value(np.array(c.best[-1]))))}
        for name, curves in groups.items()
        for c in curves
        if np.isfinite(c.best[-1])
    ]


def comparison_data(groups: Groups, quality: Quality) -> dict[str, Rows]:
    """The data of the drawings."""
    bands = {f"band-{axis}": band_rows(groups, quality, axis) for axis in AXES}
    return {**bands, "ends": end_rows(groups, quality)}


def comparison_drawings(groups: Groups, quality: Quality) -> list[Drawing]:
    """The best so far by trainings and by time, and where the repeats ended."""
    names, what = list(groups), "Hypervolume" if quality.several else "Best feasible"
    found = {
        name: f"{sum(bool(np.isfinite(c.best[-1])) for c in curves)} of {len(curves)}"
        for name, curves in groups.items()
    }
    note = "line: median of the repeats; band: their quartiles; something feasible was found by "
    note += ", ".join(f"{name} in {count}" for name, count in found.items())
    bands = [
        drawing(f"best-by-{axis}", f"{what} by {axis}", _band(axis, title, names, quality), note)
        for axis, title in AXES.items()
    ]
    return [*bands, drawing("ends", "Where each repeat ended", _ends(names, quality))]


def _colour(names: Sequence[str]) -> alt.Color:
    colours = [COLOURS[i % len(COLOURS)] for i in range(len(names))]
    return alt.Color("strategy:N", scale=alt.Scale(domain=list(names), range=colours))


def _band(axis: str, title: str, names: Sequence[str], quality: Quality) -> alt.TopLevelMixin:
    steps: Any = "step-after"
    x = alt.X(f"{axis}:Q", title=title, axis=WHOLE if axis == "trainings" else alt.Axis())
    base = alt.Chart(alt.NamedData(f"band-{axis}"))
    y = alt.Y("value:Q", title=value_title(quality), scale=alt.Scale(zero=False))
    band = base.mark_area(interpolate=steps, opacity=0.15).encode(
        x=x, y=alt.Y("low:Q", title=value_title(quality)), y2="high:Q", color=_colour(names)
    )
    line = base.mark_line(interpolate=steps).encode(
        x=x, y=y, color=_colour(names), strokeDash=alt.StrokeDash("strategy:N", legend=None),
        tooltip=tips("strategy:N", f"{axis}:Q", "value:Q", "low:Q", "high:Q"),
    )  # fmt: skip
    # a line of one point would not be seen
    first = (
        base.transform_filter("datum.first")
        .mark_point(filled=True, size=40)
        .encode(x=x, y=y, color=_colour(names))
    )
    return alt.layer(band, line, first)


def _ends(names: Sequence[str], quality: Quality) -> alt.Chart:
    chart: alt.Chart = (
        alt.Chart(alt.NamedData("ends"))
        .mark_point(filled=True, size=60, opacity=0.7)
        .encode(
            x=alt.X("value:Q", title=value_title(quality), scale=alt.Scale(zero=False)),
            y=alt.Y("strategy:N", title=None, sort=list(names)),
            color=_colour(names),
            shape=alt.Shape("strategy:N", legend=None),
            tooltip=tips("strategy:N", "value:Q"),
        )
    )
    return chart
