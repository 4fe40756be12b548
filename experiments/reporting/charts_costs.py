"""What candidates cost: against the objective and the prediction, and how sure that was."""

from __future__ import annotations

import altair as alt
import numpy as np
from scipy.stats import t

from ...constraints.gate import TAILS
from ...constraints.metrics import METRICS
from ...constraints.objective import Constraint
from .charts_progress import STANDING_COLOURS, STANDING_SHAPES
from .columns import Column, rounded
from .drawing import GREY, VERMILION, Drawing, Rows, drawing, rule
from .run_data import RunData, objective_axis

LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
LEAST_CHECKED = 10  # predictions that were checked; fewer say nothing of calibration


def cost_drawings(run: RunData) -> list[Drawing]:
    """The first objective against each budgeted cost, with its bound and the front of both."""
    return [_against_cost(run, constraint) for constraint in run.plan.predicted]


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
            color=alt.Color("standing:N", scale=STANDING_COLOURS),
            shape=alt.Shape("standing:N", scale=STANDING_SHAPES),
            tooltip=[
                "id:N", alt.Tooltip("o0:Q", title=objective.title),
                alt.Tooltip(f"{cost.key}:Q", title=cost.title), "standing:N",
            ],
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


def prediction_drawings(run: RunData) -> list[Drawing]:
    """What each cost was predicted to be at the proposal, against what was measured."""
    return [_against_prediction(run, column) for column in run.columns.predicted]


def _against_prediction(run: RunData, predicted: Column) -> Drawing:
    measured = run.columns.cost(predicted.metric)
    short = METRICS[predicted.metric].short
    bound = next(c.bound for c in run.plan.predicted if c.metric == predicted.metric)
    both = [row for row in run.trials if measured.key in row and predicted.key in row]
    ends = [row[key] for row in both for key in (measured.key, predicted.key)]
    least, most = (min(ends), max(ends)) if ends else (0.0, 1.0)
    scale = alt.Scale(domain=[least, most], nice=True, zero=False)
    points = (
        alt.Chart(alt.NamedData("trials"))
        .transform_filter(f"isValid(datum.{predicted.key}) && isValid(datum.{measured.key})")
        .mark_point(filled=True, size=40, opacity=0.7)
        .encode(
            x=alt.X(f"{measured.key}:Q", title=f"measured {measured.title}", scale=scale),
            y=alt.Y(f"{predicted.key}:Q", title=predicted.title, scale=scale),
            color=alt.Color("standing:N", scale=STANDING_COLOURS),
            shape=alt.Shape("standing:N", scale=STANDING_SHAPES),
            tooltip=[
                "id:N", "purpose:N", alt.Tooltip(f"{measured.key}:Q", title="measured"),
                alt.Tooltip(f"{predicted.key}:Q", title="predicted"),
            ],
        )
    )  # fmt: skip
    ideal = rule(x=least, y=least, x2=most, y2=most).mark_rule(color=GREY)
    at = bound / measured.scale
    crossing = [
        line.mark_rule(color=VERMILION, strokeDash=[5, 4]) for line in (rule(x=at), rule(y=at))
    ]
    layers = [ideal, *(crossing if least <= at <= most else []), points]
    return drawing(f"predicted-{short}", f"Predicted against measured {short}", alt.layer(*layers))


def calibration_rows(run: RunData) -> Rows:
    """How often a measurement lay in the central interval that the prediction gave it.

    Of each metric with enough predictions that told a spread, at several levels, in percent; of
    Student's distribution in logarithms, as a careful gate believes.
    """
    rows = []
    for column in run.columns.predicted:
        scores = _scores(run, column.metric)
        if len(scores) < LEAST_CHECKED:
            continue
        for level in LEVELS:
            inside = np.abs(scores) <= t.ppf((1 + level) / 2, TAILS)
            rows.append({
                "metric": METRICS[column.metric].short, "level": rounded(100 * level),
                "inside": rounded(100 * float(inside.mean())), "checked": len(scores),
            })  # fmt: skip
    return rows


def _scores(run: RunData, metric: str) -> np.ndarray:
    """By how many spreads measurements lie above predictions, `(n,)`."""
    trials = [t for t in run.state.trials.values() if t.probe and not t.verdict.measured]
    return np.array([
        np.log(trial.costs[metric].value / trial.verdict.costs[metric])
        / trial.verdict.spreads[metric]
        for trial in trials
        if metric in trial.costs
        and trial.verdict.costs.get(metric, 0.0) > 0
        and trial.verdict.spreads.get(metric, 0.0) > 0
    ])  # fmt: skip


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
            tooltip=["metric:N", "level:Q", "inside:Q", "checked:Q"],
        )
    )
    ideal = rule(x=0, y=0, x2=100, y2=100).mark_rule(color=GREY, strokeDash=[5, 4])
    note = "below the diagonal the predictor was too sure of itself, above it too cautious"
    return drawing("calibration", "Calibration of the predictors", alt.layer(ideal, line), note)
