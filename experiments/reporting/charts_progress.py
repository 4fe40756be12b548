"""How a run went: the best so far, what was over the budget, when what ran where, and epochs."""

from __future__ import annotations

import altair as alt
import numpy as np

from ..curves import Curve, incumbent_curve
from ..quality import Quality
from ..violations import broke
from .axes import WHOLE
from .columns import rounded
from .drawing import BLUE, COLOURS, VERMILION, Drawing, Rows, drawing, rule, tips
from .run_data import STANDINGS, RunData

OVER_TITLE = "Over the budget among those dispatched unmeasured"
STANDING_SHAPES = alt.Scale(
    domain=list(STANDINGS), range=["circle", "cross", "diamond", "square", "triangle-up"]
)


def incumbent_rows(run: RunData, quality: Quality) -> Rows:
    """The best so far after each training that ended: value, trainings and minutes."""
    return curve_rows(incumbent_curve(run.plan, run.state, quality), quality)


def curve_rows(curve: Curve, quality: Quality) -> Rows:
    """Steps of a curve, those before anything feasible was found left out."""
    values = quality.value(curve.best) * value_scale(quality)
    return [
        {"trainings": int(n), "minutes": rounded(t / 60), "value": rounded(v)}
        for n, t, v in zip(curve.trainings, curve.times_s, values, strict=True)
        if np.isfinite(v)
    ]


def value_scale(quality: Quality) -> float:
    """What values are multiplied by to be shown: errors and accuracies are percentages."""
    metric = quality.objectives[0].metric
    return 100.0 if not quality.several and metric.endswith(("error", "accuracy")) else 1.0


def value_title(quality: Quality) -> str:
    """The title of an axis of values."""
    return f"{quality.label} (%)" if value_scale(quality) == 100.0 else quality.label


def incumbent_drawings(run: RunData, quality: Quality) -> list[Drawing]:
    """The best so far against trainings and against time."""
    what = "Hypervolume" if quality.several else "Best feasible"
    return [
        drawing(f"best-by-{axis}", f"{what} by {axis}", _steps(axis, title, quality))
        for axis, title in (
            ("trainings", "trainings ended"),
            ("minutes", "running time, measuring first included (min)"),
        )
    ]


def _steps(axis: str, title: str, quality: Quality) -> alt.Chart:
    line: alt.Chart = (
        alt.Chart(alt.NamedData("incumbent"))
        .mark_line(interpolate="step-after", color=BLUE, point={"size": 18, "color": BLUE})
        .encode(
            x=alt.X(f"{axis}:Q", title=title, axis=WHOLE if axis == "trainings" else alt.Axis()),
            y=alt.Y("value:Q", title=value_title(quality), scale=alt.Scale(zero=False)),
            tooltip=tips(
                alt.Tooltip("value:Q", title=value_title(quality)),
                alt.Tooltip("trainings:Q"),
                alt.Tooltip("minutes:Q"),
            ),
        )
    )
    return line


def over_rows(run: RunData) -> Rows:
    """Of the attempts so far, in the order in which their costs became known, the share over.

    An attempt is a training that was dispatched on a prediction, or on none: what a probe had found
    inside before is none, and a promise is not about it.
    """
    trials = [run.state.trials[trial_id] for trial_id in run.state.attempts]
    over = np.cumsum([broke(run.plan, run.state, trial) for trial in trials])
    return [
        {"attempts": n, "share": rounded(100 * int(count) / n), "id": trial.trial_id}
        for n, (count, trial) in enumerate(zip(over, trials, strict=True), start=1)
    ]


def over_drawing(run: RunData) -> Drawing | None:
    """Share of the attempts that was over the budget, against what was promised."""
    if not run.plan.predicted or not run.state.attempts:
        return None
    line = (
        alt.Chart(alt.NamedData("over"))
        .mark_line(interpolate="step-after", color=VERMILION)
        .encode(
            x=alt.X("attempts:Q", title="trainings dispatched unmeasured", axis=WHOLE),
            y=alt.Y("share:Q", title="over the budget so far (%)"),
            tooltip=tips("id:N", "attempts:Q", alt.Tooltip("share:Q", title="over (%)")),
        )
    )
    if run.plan.promise is None:
        return drawing("over-the-budget", OVER_TITLE, line)
    alpha = run.plan.promise.rule.alpha
    promised = rule(y=100 * alpha).mark_rule(color=BLUE, strokeDash=[5, 4])
    note = f"dashed: the share promised in the long run, {alpha:.0%}"
    chart = alt.layer(line, promised)
    return drawing(
        "over-the-budget", "Over the budget among those dispatched unmeasured", chart, note
    )


def timeline_rows(run: RunData) -> Rows:
    """When each trial ran, on its device, in the first lane that was free."""
    free: dict[str, list[float]] = {}
    rows = []
    begun = [row for row in run.trials if "began" in row and "ended" in row]
    for row in sorted(begun, key=lambda row: row["began"]):
        place = row["place"] or "device"
        lanes = free.setdefault(place, [])
        lane = next((i for i, until in enumerate(lanes) if until <= row["began"]), len(lanes))
        lanes[lane : lane + 1] = [row["ended"]]
        rows.append({
            "id": row["id"], "lane": f"{place} #{lane + 1}", "purpose": row["purpose"],
            "how": f"{row['how']} {row['why']}".strip(),
            "from": rounded(row["began"] / 60), "to": rounded(row["ended"] / 60),
        })  # fmt: skip
    return rows


def timeline_drawing() -> Drawing:
    """What ran when and where."""
    chart = (
        alt.Chart(alt.NamedData("timeline"))
        .mark_bar(stroke="white", strokeWidth=0.4)
        .encode(
            x=alt.X("from:Q", title="running time (min)"),
            x2="to:Q",
            y=alt.Y("lane:N", title=None),
            color=alt.Color(
                "purpose:N",
                scale=alt.Scale(domain=["train", "probe", "profile", "confirm"],
                                range=[COLOURS[0], COLOURS[4], COLOURS[5], COLOURS[2]]),
            ),
            tooltip=tips("id:N", "purpose:N", "how:N", "from:Q", "to:Q"),
        )
    )  # fmt: skip
    return drawing("timeline", "Trials over devices", chart)


def epochs_drawing(run: RunData) -> Drawing:
    """Each training epoch by epoch, and how it ended."""
    title = run.columns.reported(run.plan.selected_by).title
    chart = (
        alt.Chart(alt.NamedData("epochs"))
        .mark_line(point={"size": 10}, strokeWidth=1.2)
        .encode(
            x=alt.X("epoch:Q", title="epoch", axis=WHOLE, scale=alt.Scale(zero=False)),
            y=alt.Y("value:Q", title=title, scale=alt.Scale(zero=False)),
            detail=alt.Detail("id:N"),
            color=alt.Color("end:N", scale=alt.Scale(range=list(COLOURS))),
            opacity=alt.condition("datum.best", alt.value(1.0), alt.value(0.45)),
            tooltip=tips("id:N", "epoch:Q", alt.Tooltip("value:Q", title=title), "end:N"),
        )
    )
    return drawing("epochs", "Trainings epoch by epoch", chart)
