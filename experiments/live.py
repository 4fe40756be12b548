"""A live table of a running sweep in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, MutableSet
from contextlib import contextmanager

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ..constraints.metrics import METRICS
from ..orchestrator.confirmation import front
from ..orchestrator.outcomes import values_of
from ..orchestrator.plan import Plan
from ..orchestrator.state import State, Trial
from .tables import status
from .wording import scores, shown

ROWS = 14  # of the last trials; fits a terminal of 24 lines with head and foot
STYLES = {"completed": "green", "infeasible": "yellow", "failed": "red", "stopped": "dim"}


class LiveView:
    """Keeps the last state it was told, and draws it when asked."""

    def __init__(self) -> None:
        self._latest: tuple[Plan, State] | None = None

    def update(self, plan: Plan, state: State) -> None:
        """Remember a state; cheap, because it is called after each event."""
        self._latest = (plan, state)

    def __rich__(self) -> RenderableType:
        if self._latest is None:
            return Text("starting Ray ...")
        plan, state = self._latest
        return Group(trial_table(plan, state), Text(status_line(plan, state)))

    @contextmanager
    def shown(self, console: Console) -> Iterator[None]:
        """Draw twice a second while the block runs; nothing where there is no terminal."""
        if not console.is_terminal:
            yield
            return
        with Live(self, console=console, refresh_per_second=2, transient=True):
            yield


def trial_table(plan: Plan, state: State) -> Table:
    """The last trials, newest last."""
    table = Table(box=None, pad_edge=False)
    objectives = [METRICS[objective.metric].short for objective in plan.objectives]
    for heading in ("trial", "for", "status", "epoch", *objectives):
        table.add_column(heading)
    for constraint in plan.predicted:
        table.add_column(str(constraint))
    table.add_column("s", justify="right")
    begun = [t for t in state.trials.values() if t.dispatched_s is not None]
    for trial in begun[-ROWS:]:
        table.add_row(*_cells(plan, state, trial))
    return table


def status_line(plan: Plan, state: State) -> str:
    """Counts, the best so far, and the time left."""
    trials = state.of("train")
    infeasible = sum(status(t)[0] == "infeasible" for t in trials)
    failed = sum(status(t)[0] == "failed" for t in trials)
    done = sum(t.end is not None for t in trials)
    best = _best(plan, state)
    rejected = sum(not rejection.withdrawn for rejection in state.rejections)
    profiled = state.of("profile")
    if profiled and not trials:
        return f"measuring first: {sum(t.end is not None for t in profiled)}/{len(profiled)}"
    return (
        f"{done}/{plan.limits.trials} trials   best feasible: {best}   "
        f"rejected before dispatch {rejected}, infeasible {infeasible}, "
        f"failed {failed}   {time_left(plan, state)}"
    )


def time_left(plan: Plan, state: State) -> str:
    """An estimate from the pace so far, within the limit of running time."""
    limit_s = plan.limits.wall_clock_s - state.now_s
    ended = [t for t in state.of("train") if t.ended_s is not None]
    if state.ended is not None:
        return "confirming the best"
    if len(ended) < 3:
        return f"at most {limit_s / 60:.0f} min left"
    began_s = min(t.dispatched_s for t in ended if t.dispatched_s is not None)
    pace_s = (state.now_s - began_s) / len(ended)
    left_s = min(limit_s, pace_s * (plan.limits.trials - len(ended)))
    return f"about {left_s / 60:.1f} min left" if left_s >= 60 else f"about {left_s:.0f} s left"


def end_line(plan: Plan, trial: Trial) -> str:
    """One ended trial as a line, for logs."""
    word, reason = status(trial)
    why = f" ({reason})" if reason else ""
    costs = ", ".join(shown(metric, m.value) for metric, m in trial.costs.items())
    result = f"  {scores(plan, trial)}" if trial.reports else ""
    return f"{trial.trial_id}  {trial.purpose:<7}  {word}{why}  {costs}{result}"


def newly_ended(plan: Plan, state: State, told: MutableSet[str]) -> Iterator[str]:
    """Lines of the trials that ended and were not told of yet; `told` gets their ids."""
    for trial in state.trials.values():
        if trial.end is not None and trial.trial_id not in told:
            told.add(trial.trial_id)
            yield end_line(plan, trial)


def _cells(plan: Plan, state: State, trial: Trial) -> list[Text]:
    word, reason = status(trial)
    costs = [
        Text(
            shown(c.metric, trial.costs[c.metric].value) if c.metric in trial.costs else "",
            style="" if c.metric not in trial.costs or c.allows(trial.costs[c.metric].value)
            else "yellow",
        )
        for c in plan.predicted
    ]  # fmt: skip
    unknown = (None,) * len(plan.objectives)
    values = values_of(trial, plan.objectives) if trial.reports else unknown
    until_s = state.now_s if trial.ended_s is None else trial.ended_s
    return [
        Text(trial.trial_id),
        Text(trial.purpose),
        Text(f"{word} {reason}".strip(), style=STYLES.get(word, "")),
        Text(str(trial.reports[-1].epoch) if trial.reports else ""),
        *(
            Text("" if value is None else shown(objective.metric, value))
            for objective, value in zip(plan.objectives, values, strict=True)
        ),
        *costs,
        Text(f"{until_s - (trial.dispatched_s or 0.0):.1f}"),
    ]


def _best(plan: Plan, state: State) -> str:
    best = front(plan, state)
    if not best:
        return "none yet"
    if len(plan.objectives) > 1:
        return f"a front of {len(best)}"
    return f"{scores(plan, best[0])} ({best[0].trial_id})"
