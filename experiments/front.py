"""The front of a sweep with several objectives, for people: a table, lines and a plot."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from ..constraints.metrics import METRICS
from ..constraints.units import readable_unit
from ..orchestrator.confirmation import Confirmed, front
from ..orchestrator.outcomes import losses_of, values_of
from ..orchestrator.plan import Plan
from ..orchestrator.state import State, Trial
from .plots import COLOURS, label_axis
from .quality import Quality, feasible_losses
from .summary import Summary
from .wording import shown


def front_table(plan: Plan, summary: Summary) -> pd.DataFrame:
    """One row a member of the front, by the first objective; empty with one objective.

    Returns:
        Columns `trial`, each objective as searched and as measured again, `test error` and how the
        member stood at the end.
    """
    if len(plan.objectives) == 1:
        return pd.DataFrame()
    again = {one.trial.trial_id: one for one in summary.confirmed}
    shorts = [METRICS[objective.metric].short for objective in plan.objectives]
    rows = []
    for trial in summary.front:
        final = again.get(trial.trial_id)
        row = {"trial": trial.trial_id}
        for objective, short, value in zip(
            plan.objectives, shorts, values_of(trial, plan.objectives), strict=True
        ):
            row[short] = "" if value is None else shown(objective.metric, value)
            if final is not None and objective.metric in final.again.costs:
                cost = final.again.costs[objective.metric].value
                row[f"{short} again"] = shown(objective.metric, cost)
        error = _test_error(final)
        row |= {"test error": error} if error else {}
        rows.append(row | {"at the end": _standing(plan, summary, trial, final)})
    order = np.argsort(losses_of(summary.front, plan.objectives)[:, 0], kind="stable")
    table = pd.DataFrame([rows[i] for i in order]).fillna("")
    wanted = ["trial", *(n for short in shorts for n in (short, f"{short} again")), "test error"]
    return table[[n for n in (*wanted, "at the end") if n in table.columns]]


def front_lines(plan: Plan, state: State, summary: Summary) -> list[str]:
    """The front in words; nothing with one objective or without a feasible network."""
    if len(plan.objectives) == 1 or not summary.front:
        return []
    quality = Quality.of(plan.objectives, [(plan, state)])
    loss = quality.so_far(feasible_losses(plan, state.of("train")))[-1]
    table = front_table(plan, summary)
    lines = [
        f"{row['trial']}: "
        + ", ".join(f"{name} {row[name]}" for name in table.columns[1:-1] if row[name])
        + f" ({row['at the end']})"
        for row in table.to_dict("records")
    ]
    return [*lines, f"hypervolume {quality.show(float(loss))}; {quality.box_line()}"]


def front_figure(plan: Plan, state: State) -> Figure | None:
    """All feasible networks with the front and the reference point, each objective over the first.

    None with one objective, or without a feasible network.
    """
    members = front(plan, state)
    if len(plan.objectives) == 1 or not members:
        return None
    quality = Quality.of(plan.objectives, [(plan, state)])
    losses = feasible_losses(plan, state.of("train"))
    signs = np.array([o.value(1.0) for o in plan.objectives])
    best = feasible_losses(plan, members) * signs
    others, count = losses * signs, len(plan.objectives) - 1
    figure = Figure(figsize=(4.8 * count, 3.8), layout="constrained")
    axes = figure.subplots(1, count, squeeze=False)[0]
    for axis, column in zip(axes, range(1, count + 1), strict=True):
        (x_name, x), (y_name, y) = (_scale(plan, best, j) for j in (column, 0))
        axis.scatter(others[:, column] / x, others[:, 0] / y, s=16, color="grey", alpha=0.6,
                     label="feasible")  # fmt: skip
        order = np.argsort(best[:, column])
        line = (best[order, column] / x, best[order, 0] / y)
        if count == 1:  # in a projection of more, the front is no line
            where: Literal["pre", "post"] = "pre" if plan.objectives[1].maximise else "post"
            axis.step(*line, where=where, lw=1.2, color=COLOURS[0])
        axis.plot(*line, "o", ms=5, color=COLOURS[0], label="front")
        corner = quality.reference * signs
        axis.plot(corner[column] / x, corner[0] / y, "x", ms=8, mew=2, color=COLOURS[1],
                  label="reference point")  # fmt: skip
        label_axis(axis, x_name, y_name)
    axes[0].legend(fontsize=8)
    return figure


def _scale(plan: Plan, values: np.ndarray, column: int) -> tuple[str, float]:
    """An axis in a readable unit: its name, and the unit's size."""
    metric = METRICS[plan.objectives[column].metric]
    unit, scale = readable_unit(float(np.abs(values[:, column]).max()), metric.unit)
    return f"{metric.short} ({unit})" if unit else metric.short, scale


def _test_error(final: Confirmed | None) -> str:
    error = getattr(final.again.end, "metrics", {}).get("test_error") if final else None
    return "" if error is None else shown("test_error", error)


def _standing(plan: Plan, summary: Summary, trial: Trial, final: Confirmed | None) -> str:
    if any(one.trial.trial_id == trial.trial_id for one in summary.winners):
        return "confirmed"
    if final is None:
        return "not measured again"
    if not final.inside:
        return "over the budget when measured again"
    finalist = trial in summary.front[: plan.confirmation.best]
    return "dominated when measured again" if finalist else "inside the budget when measured again"
