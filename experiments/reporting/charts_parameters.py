"""What hyper-parameters do: parallel coordinates, importance, and a slice along each."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np

from ...constraints.domains import Choice, Int
from .axes import WHOLE, objective_axis, objective_scale, standing_colour, standing_shape
from .columns import Column
from .drawing import BLUE, GREY, ORANGE, Drawing, Rows, drawing, tips
from .importance import Importance
from .run_data import INSIDE, RunData, is_mixed

MOST_SLICES = 12  # plots; the others matter least
MOST_LINES = 400  # drawn in parallel coordinates: more cannot be told apart


def parallel_rows(run: RunData) -> Rows:
    """One row a training and axis: where it lies between the ends, `at` in [0, 1]."""
    axes = _axes(run)
    rows = []
    for rank, row in enumerate(_drawn(run)):
        for position, (name, key, ends) in enumerate(axes):
            at = row.get(f"u{key[1:]}") if key[0] == "p" else _between(row.get(key), ends)
            if at is not None:
                rows.append({
                    "id": row["id"], "axis": f"{position:02d} {name}", "at": round(at, 4),
                    "shown": row.get(key), "o0": row["o0"], "rank": rank + 1,
                })  # fmt: skip
    return rows


def _candidates(run: RunData) -> Rows:
    """Feasible trainings; all of them where none is feasible."""
    return [row for row in run.trained() if row["standing"] == INSIDE] or run.trained()


def _drawn(run: RunData) -> Rows:
    """Those that are lines, best first."""
    ranked = sorted(_candidates(run), key=lambda row: run.plan.objective.loss(row["o0"]))
    return ranked[:MOST_LINES]


def parallel_end_rows(run: RunData) -> Rows:
    """The labels of both ends of each axis."""
    rows = []
    for position, (name, key, ends) in enumerate(_axes(run)):
        axis = f"{position:02d} {name}"
        if key[0] == "p":
            domain = run.plan.space.parameters[int(key[1:])].domain
            if isinstance(domain, Choice):
                marks = [(float(domain.unit(v)), str(v)) for v in domain.values]
            else:
                low_high = [float(domain.numbers(np.array([u]))[0]) for u in (0.0, 1.0)]
                shown = [
                    f"{end:.0f}" if isinstance(domain, Int) else f"{end:.4g}" for end in low_high
                ]
                marks = list(zip((0.0, 1.0), shown, strict=True))
        else:
            marks = [(0.0, f"{ends[0]:.4g}"), (1.0, f"{ends[1]:.4g}")]
        rows += [{"axis": axis, "at": at, "label": label} for at, label in marks]
    return rows


def parallel_drawing(run: RunData) -> Drawing:
    """Trainings as lines over all parameters, costs and the objective."""
    lines_drawn, known = len(_drawn(run)), len(_candidates(run))
    best = alt.param(
        name="best", value=lines_drawn,
        bind=alt.binding_range(min=1, max=max(2, lines_drawn), step=1, name="show the best "),
    )  # fmt: skip
    over = alt.selection_point(fields=["id"], on="pointerover", empty=False, nearest=False)
    x = alt.X(
        "axis:N", title=None,
        axis=alt.Axis(labelExpr="substring(datum.label, 3)", labelAngle=-30, domain=False),
    )  # fmt: skip
    y = alt.Y("at:Q", axis=None, scale=alt.Scale(domain=[-0.03, 1.03]))
    objective = run.columns.objectives[0].title
    lines = (
        alt.Chart(alt.NamedData("parallel"))
        .transform_filter("datum.rank <= best")
        .mark_line()
        .encode(
            x=x, y=y, detail=alt.Detail("id:N"),
            color=alt.Color(
                "o0:Q", title=objective, legend=alt.Legend(title=objective),
                scale=_best_in_blue(run),
            ),
            opacity=alt.condition(over, alt.value(1.0), alt.value(0.45)),
            strokeWidth=alt.condition(over, alt.value(4), alt.value(1.2)),
            tooltip=tips("id:N", alt.Tooltip("o0:Q", title=objective), "shown:N"),
        )
        .add_params(best, over)
    )  # fmt: skip
    labels = (
        alt.Chart(alt.NamedData("parallel-ends"))
        .mark_text(align="left", dx=4, fontSize=9, color=GREY)
        .encode(x=x, y=y, text="label:N")
    )
    axes = alt.Chart(alt.NamedData("parallel-ends")).mark_rule(color=GREY, opacity=0.5).encode(x=x)
    kind = "feasible trainings" if _drawn(run)[0]["standing"] == INSIDE else "trainings"
    shown = f"the best {lines_drawn} of {known}" if known > lines_drawn else f"all {known}"
    note = f"{shown} {kind}; point at a line to follow it"
    return drawing("parallel", "Parallel coordinates", alt.layer(axes, lines, labels), note)


def importance_drawing(run: RunData, found: list[Importance]) -> Drawing | None:
    """Shares of the importance; None while too few trials are known."""
    if not found:
        return None
    names = [name for name in found[0].shares]
    chart = (
        alt.Chart(alt.NamedData("importance"))
        .mark_bar()
        .encode(
            x=alt.X("share:Q", title="share of the importance (%)"),
            y=alt.Y("parameter:N", sort=names, title=None),
            yOffset="metric:N",
            color=alt.Color("metric:N", sort=[one.title for one in found]),
            tooltip=tips("metric:N", "parameter:N", alt.Tooltip("share:Q", title="share (%)")),
        )
    )
    scores = ", ".join(f"{one.title} {one.score:.2f}" for one in found)
    note = (
        f"permutation importance of a random forest; R2 of its ranks on trials left out: {scores} "
        "(near 0: it predicts nothing, and its importances mean nothing)"
    )
    return drawing("importance", "Importance of the parameters", chart, note)


def slice_drawings(run: RunData, found: list[Importance]) -> list[Drawing]:
    """The first objective along each parameter, the most important ones first."""
    if not run.trained():
        return []
    order = list(found[0].shares) if found else list(run.plan.space.names)
    tried = {key for row in run.trained() for key in row}
    by_name = {column.title: column for column in run.columns.parameters if column.key in tried}
    order = [name for name in order if name in by_name]
    return [_slice(run, by_name[name]) for name in order[:MOST_SLICES]]


def pair_drawing(run: RunData, found: list[Importance]) -> Drawing | None:
    """The first objective over the two parameters that matter most; None with fewer."""
    order = list(found[0].shares) if found else list(run.plan.space.names)
    if len(order) < 2:
        return None
    by_name = {column.title: column for column in run.columns.parameters}
    (x, y), objective = (by_name[name] for name in order[:2]), run.columns.objectives[0].title
    chart = (
        alt.Chart(alt.NamedData("trials"))
        .transform_filter(
            f"isValid(datum.o0) && isValid(datum.{x.key}) && isValid(datum.{y.key})"
            " && datum.purpose === 'train'"
        )
        .mark_point(filled=True, size=60, opacity=0.85)
        .encode(
            x=alt.X(**_along(run, x)),
            y=alt.Y(**_along(run, y)),
            color=alt.Color(
                "o0:Q", legend=alt.Legend(title=objective), scale=_best_in_blue(run)
            ),
            shape=standing_shape(run).legend(None),
            tooltip=tips("id:N", alt.Tooltip("o0:Q", title=objective), f"{x.key}:N", f"{y.key}:N"),
        )
    )  # fmt: skip
    return drawing("pair", f"{x.title} and {y.title}", chart, "crosses: over the budget")


def _along(run: RunData, column: Column) -> dict[str, Any]:
    """An axis along a parameter."""
    domain = run.plan.space.parameters[int(column.key[1:])].domain
    if isinstance(domain, Choice):
        values = [str(v) for v in domain.values] if is_mixed(domain) else list(domain.values)
        axis = alt.Axis(labelAngle=0)
        return {"field": column.key, "type": "nominal", "title": column.title, "sort": values,
                "axis": axis}  # fmt: skip
    log = getattr(domain, "log", False)
    scale = alt.Scale(type="log") if log else alt.Scale(zero=False)
    axis = alt.Axis(tickCount=5) if log else WHOLE if isinstance(domain, Int) else alt.Axis()
    return {"field": column.key, "type": "quantitative", "title": column.title, "axis": axis,
            "scale": scale}  # fmt: skip


def _slice(run: RunData, column: Column) -> Drawing:
    key, name, objective = column.key, column.title, run.columns.objectives[0].title
    chart = (
        alt.Chart(alt.NamedData("trials"))
        .transform_filter(
            f"isValid(datum.o0) && isValid(datum.{key}) && datum.purpose === 'train'"
        )
        .mark_point(filled=True, size=36, opacity=0.7)
        .encode(
            x=alt.X(**_along(run, column)),
            y=objective_axis(run),
            color=standing_colour(run),
            shape=standing_shape(run),
            tooltip=tips("id:N", alt.Tooltip("o0:Q", title=objective),
                     alt.Tooltip(f"{key}:N", title=name)),
        )
    )  # fmt: skip
    return drawing(f"slice-{int(column.key[1:]) + 1:02d}", f"Slice along {name}", chart)


def _best_in_blue(run: RunData) -> alt.Scale:
    scale = objective_scale(run)
    scale["range"] = [ORANGE, BLUE] if run.plan.objective.maximise else [BLUE, ORANGE]
    return scale


def _axes(run: RunData) -> list[tuple[str, str, tuple[float, float]]]:
    """Title, key and ends of each axis: parameters, costs with a bound, the first objective."""
    trained = run.trained()
    axes = [(column.title, column.key, (0.0, 1.0)) for column in run.columns.parameters]
    first = run.columns.objectives[0]
    costs = [run.columns.cost(c.metric) for c in run.plan.predicted]
    others = [*(cost for cost in costs if cost.metric != first.metric), first]
    for column in others:
        values = [row[column.key] for row in trained if column.key in row]
        if values:
            axes.append((column.title, column.key, (min(values), max(values))))
    return axes


def _between(value: float | None, ends: tuple[float, float]) -> float | None:
    if value is None:
        return None
    low, high = ends
    return (value - low) / (high - low) if high > low else 0.5
