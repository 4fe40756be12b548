"""Axes, colours and shapes that several plots of a run share."""

from __future__ import annotations

import altair as alt

from .drawing import BLUE, GREY, ORANGE, SKY, VERMILION
from .run_data import STANDINGS, RunData

DECADES = 20.0  # ratio of the worst to the best from which an axis is logarithmic
WHOLE = alt.Axis(tickMinStep=1, format="d")


def standing_colour(run: RunData) -> alt.Color:
    """How trials stand, as a colour; of those ways that the run has."""
    colours = dict(zip(STANDINGS, (BLUE, VERMILION, ORANGE, SKY, GREY), strict=True))
    known = _standings(run)
    scale = alt.Scale(domain=known, range=[colours[one] for one in known])
    return alt.Color("standing:N", scale=scale)


def standing_shape(run: RunData) -> alt.Shape:
    """The same as a shape."""
    shapes = ("circle", "cross", "diamond", "square", "triangle-up")
    drawn = dict(zip(STANDINGS, shapes, strict=True))
    known = _standings(run)
    scale = alt.Scale(domain=known, range=[drawn[one] for one in known])
    return alt.Shape("standing:N", scale=scale)


def _standings(run: RunData) -> list[str]:
    known = {row["standing"] for row in run.trials}
    return [one for one in STANDINGS if one in known]


def objective_scale(run: RunData) -> alt.Scale:
    """Of an axis of the first objective: logarithmic where losses span more than a decade."""
    known = [row["o0"] for row in run.trained()]
    wide = not run.plan.objective.maximise and known and min(known) > 0
    if wide and max(known) / min(known) > DECADES:
        return alt.Scale(type="log")
    return alt.Scale(zero=False)


def objective_axis(run: RunData) -> alt.Y:
    """The first objective upwards."""
    title = run.columns.objectives[0].title
    return alt.Y("o0:Q", title=title, scale=objective_scale(run), axis=alt.Axis(tickCount=6))
