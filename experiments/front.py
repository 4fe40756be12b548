"""The front of a sweep with several objectives, for people: a table and lines."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ..constraints.metrics import METRICS
from ..orchestrator.confirmation import Confirmed
from ..orchestrator.outcomes import losses_of, values_of
from ..orchestrator.plan import Plan
from ..orchestrator.state import State, Trial
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
