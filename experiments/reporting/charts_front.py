"""The front of a run with several objectives: each objective over the first."""

from __future__ import annotations

import altair as alt

from ..quality import Quality
from .axes import objective_axis
from .drawing import BLUE, GREY, VERMILION, Drawing, Rows, drawing, rule, tips
from .run_data import INSIDE, RunData


def front_members(run: RunData) -> Rows:
    """The trials on the front; none with one objective."""
    if len(run.plan.objectives) == 1:
        return []
    return [row for row in run.trials if row["best"] and "o0" in row]


def front_drawings(run: RunData, quality: Quality) -> list[Drawing]:
    """All feasible networks with the front and the reference point."""
    return [_over_first(run, quality, column) for column in range(1, len(run.plan.objectives))]


def _over_first(run: RunData, quality: Quality, column: int) -> Drawing:
    first, other = run.columns.objectives[0], run.columns.objectives[column]
    x = alt.X(f"{other.key}:Q", title=other.title, scale=alt.Scale(zero=False))
    y = objective_axis(run)
    tooltip = tips(
        "id:N",
        alt.Tooltip("o0:Q", title=first.title),
        alt.Tooltip(f"{other.key}:Q", title=other.title),
    )
    feasible = (
        alt.Chart(alt.NamedData("trials"))
        .transform_filter(f"datum.standing === '{INSIDE}' && isValid(datum.{other.key})")
        .mark_point(filled=True, color=GREY, size=30)
        .encode(x=x, y=y, tooltip=tooltip)
    )
    members = alt.Chart(alt.NamedData("front")).encode(x=x, y=y, tooltip=tooltip)
    falls = run.plan.objectives[column].maximise
    line = members.mark_line(interpolate="step-before" if falls else "step-after", color=BLUE)
    points = members.mark_point(filled=True, color=BLUE, size=60, shape="diamond")
    corner = [
        objective.value(float(loss)) / at.scale
        for objective, loss, at in zip(
            run.plan.objectives, quality.reference, run.columns.objectives, strict=True
        )
    ]
    reference = rule(x=corner[column], y=corner[0]).mark_point(
        color=VERMILION, shape="cross", size=90
    )
    layers = [feasible, *([line] if len(run.plan.objectives) == 2 else []), points, reference]
    note = "diamonds: the front; cross: the reference point of the hypervolume"
    title = f"{first.title} over {other.title}"
    return drawing(f"front-{column}", title, alt.layer(*layers), note)
