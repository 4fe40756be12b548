"""What candidates cost: against the objective and the prediction, and how sure that was."""

from __future__ import annotations

from typing import Any

import altair as alt
import numpy as np
from scipy.stats import t

from ...constraints.gate import TAILS
from ...constraints.metrics import METRICS
from ...constraints.objective import Constraint
from ..prediction_errors import prediction_errors
from .axes import objective_axis, standing_colour, standing_shape
from .columns import Column, rounded
from .drawing import GREY, VERMILION, Drawing, Rows, drawing, rule, tips
from .run_data import RunData

CHOSEN = "candidates that the search chose, no sample of the space"
LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
LEAST_CHECKED = 10  # predictions that were checked; fewer say nothing of calibration


def cost_drawings(run: RunData) -> list[Drawing]:
    """The first objective against each budgeted cost, with its bound and the front of both."""
    first = run.plan.objective.metric
    return [_against_cost(run, c) for c in run.plan.predicted if c.metric != first]


def front_rows(run: RunData, cost: Column) -> Rows:
    """The best value of the first objective that is had for at most so much of a cost."""
    objective = run.plan.objective
    known = [row for row in run.trained() if cost.key in row]
    known.sort(key=lambda row: (row[cost.key], objective.loss(row["o0"])))
    rows: Rows = []
    for row in known:
        if not rows or objective.loss(row["o0"]) < objective.loss(rows[-1]["o0"]):
            rows.append({"x": row[cost.key], "o0": row["o0"], "id": row["id"]})
    return rows


def _against_cost(run: RunData, constraint: Constraint) -> Drawing:
    cost, objective = run.columns.cost(constraint.metric), run.columns.objectives[0]
    short = METRICS[constraint.metric].short
    y = objective_axis(run)
    points = (
        alt.Chart(alt.NamedData("trials"))
        .transform_filter("isValid(datum.o0) && datum.purpose === 'train'")
        .mark_point(filled=True, size=46, opacity=0.75)
        .encode(
            x=alt.X(f"{cost.key}:Q", title=f"measured {cost.title}", scale=alt.Scale(zero=False)),
            y=y,
            color=standing_colour(run),
            shape=standing_shape(run),
            tooltip=tips(
                "id:N", alt.Tooltip("o0:Q", title=objective.title),
                alt.Tooltip(f"{cost.key}:Q", title=cost.title), "standing:N",
            ),
        )
    )  # fmt: skip
    front = (
        alt.Chart(alt.NamedData(f"front-{cost.key}"))
        .mark_line(interpolate="step-after", color=GREY, strokeDash=[3, 2])
        .encode(x="x:Q", y="o0:Q")
    )
    bound = rule(x=constraint.bound / cost.scale).mark_rule(color=VERMILION, strokeWidth=1.5)
    note = f"line: the budget, {constraint}; dashed: the front of both"
    title = f"{objective.title.split(' (')[0].capitalize()} against {short}"
    return drawing(f"objective-by-{short}", title, alt.layer(front, points, bound), note)


def prediction_rows(run: RunData) -> Rows:
    """What was predicted when a candidate was chosen, and what its own probe measured then.

    Nothing of a simulated device, where one formula would be measured with another.
    """
    known: list[Any] = prediction_errors(run.plan, run.state).to_dict("records")
    standings = {row["id"]: row["standing"] for row in run.trials}
    by_metric = {column.metric: column for column in run.columns.costs}
    return [
        {
            "id": row["trial_id"], "purpose": row["purpose"],
            "standing": standings[row["trial_id"]],
            "cost": by_metric[row["metric"]].key,
            "measured": by_metric[row["metric"]].show(row["measured"]),
            "predicted": by_metric[row["metric"]].show(row["predicted"]),
            "off": spreads_off(row["relative_error"], row["relative_spread"]),
        }
        for row in known
        if row["metric"] in by_metric
    ]  # fmt: skip


def spreads_off(relative_error: float, spread: float) -> float | None:
    """By how many spreads the logarithm of a measurement lies above its prediction.

    None where there is no spread, or where the prediction, a straight line's, was below zero.
    """
    known = spread > 0 and relative_error > -1
    return rounded(-float(np.log1p(relative_error)) / spread) if known else None


def prediction_drawings(run: RunData, rows: Rows) -> list[Drawing]:
    """What each cost was predicted to be, against what was measured; none that was never both."""
    predicted = {row["cost"] for row in rows}
    known = [run.columns.cost(c.metric) for c in run.plan.predicted]
    return [_against_prediction(run, cost, rows) for cost in known if cost.key in predicted]


def _against_prediction(run: RunData, cost: Column, rows: Rows) -> Drawing:
    short = METRICS[cost.metric].short
    bound = next(c.bound for c in run.plan.predicted if c.metric == cost.metric)
    ends = [row[k] for row in rows if row["cost"] == cost.key for k in ("measured", "predicted")]
    least, most = min(ends), max(ends)
    scale = alt.Scale(domain=[least, most], nice=True, zero=False)
    points = (
        alt.Chart(alt.NamedData("predictions"))
        .transform_filter(f"datum.cost === '{cost.key}'")
        .mark_point(filled=True, size=40, opacity=0.7)
        .encode(
            x=alt.X("measured:Q", title=f"measured {cost.title}", scale=scale),
            y=alt.Y("predicted:Q", title=f"predicted {cost.title}", scale=scale),
            color=standing_colour(run),
            shape=standing_shape(run),
            tooltip=tips("id:N", "purpose:N", "measured:Q", "predicted:Q"),
        )
    )
    ideal = rule(x=least, y=least, x2=most, y2=most).mark_rule(color=GREY)
    at = bound / cost.scale
    crossing = [
        line.mark_rule(color=VERMILION, strokeDash=[5, 4]) for line in (rule(x=at), rule(y=at))
    ]
    layers = [ideal, *(crossing if least <= at <= most else []), points]
    title = f"Predicted against measured {short}"
    return drawing(f"predicted-{short}", title, alt.layer(*layers), CHOSEN)


def calibration_rows(run: RunData, rows: Rows) -> Rows:
    """How often a measurement lay in the central interval that the prediction gave it.

    Of each metric with enough predictions that told a spread, at several levels, in percent; of
    Student's distribution in logarithms, as a careful gate believes. Others believe another one.
    """
    found: Rows = []
    for cost in run.columns.costs if run.plan.strategy.careful else ():
        off = np.array(
            [row["off"] for row in rows if row["cost"] == cost.key and row["off"] is not None]
        )
        if len(off) < LEAST_CHECKED:
            continue
        for level in LEVELS:
            inside = np.abs(off) <= t.ppf((1 + level) / 2, TAILS)
            found.append({
                "metric": METRICS[cost.metric].short, "level": rounded(100 * level),
                "inside": rounded(100 * float(inside.mean())), "checked": len(off),
            })  # fmt: skip
    return found


def calibration_drawing() -> Drawing:
    """How often measurements lay where they were said to lie."""
    scale = alt.Scale(domain=[0, 100])
    line = (
        alt.Chart(alt.NamedData("calibration"))
        .mark_line(point=True)
        .encode(
            x=alt.X("level:Q", title="said to lie inside (%)", scale=scale),
            y=alt.Y("inside:Q", title="measured to lie inside (%)", scale=scale),
            color=alt.Color("metric:N"),
            tooltip=tips("metric:N", "level:Q", "inside:Q", "checked:Q"),
        )
    )
    ideal = rule(x=0, y=0, x2=100, y2=100).mark_rule(color=GREY, strokeDash=[5, 4])
    note = f"below the diagonal too sure of itself, above it too cautious; {CHOSEN}"
    return drawing("calibration", "Calibration of the predictors", alt.layer(ideal, line), note)
