"""What a report knows of each trial, column by column: names for people, and units that read well.

A column has a short key of its own, because a parameter's name may hold anything: dots, brackets,
commas or HTML.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...constraints.metrics import METRICS
from ...constraints.units import readable_unit
from ...orchestrator.plan import Plan
from ...orchestrator.state import State

PERCENT = 0.01


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        key: in the data.
        title: for people, with the unit.
        metric: whose values these are; empty for a parameter.
        scale: of its unit, in the metric's SI unit.
    """

    key: str
    title: str
    metric: str = ""
    scale: float = 1.0

    def show(self, value: float | None) -> float | None:
        """A value in the column's unit, with five significant digits."""
        return None if value is None else rounded(value / self.scale)


@dataclass(frozen=True)
class Columns:
    """The columns of a run.

    Attributes:
        objectives: `o0`, `o1`, ...
        costs: `c0`, ..., measured by probes.
        predicted: `q0`, ..., of costs with a bound; in the unit of the measured.
        parameters: `p0`, ..., in the order of the space.
    """

    objectives: tuple[Column, ...]
    costs: tuple[Column, ...]
    predicted: tuple[Column, ...]
    parameters: tuple[Column, ...]

    @staticmethod
    def of(plan: Plan, state: State) -> Columns:
        """Of a run; units go by the bounds, or by what was measured."""
        bounds = {c.metric: c.bound for c in plan.predicted}
        costs = [
            _column(f"c{i}", metric, bounds.get(metric) or _typical(state, metric))
            for i, metric in enumerate(plan.probed_metrics)
        ]
        by_metric = {column.metric: column for column in costs}
        objectives = [
            _column(f"o{i}", o.metric, by_metric[o.metric].scale if o.metric in by_metric else 1.0)
            for i, o in enumerate(plan.objectives)
        ]
        predicted = [
            Column(f"q{i}", f"predicted {by_metric[c.metric].title}", c.metric,
                   by_metric[c.metric].scale)
            for i, c in enumerate(plan.predicted if plan.gated else ())
        ]  # fmt: skip
        parameters = [Column(f"p{i}", name) for i, name in enumerate(plan.space.names)]
        return Columns(tuple(objectives), tuple(costs), tuple(predicted), tuple(parameters))

    def reported(self, metric: str) -> Column:
        """The column of a metric that training reports, an objective or not."""
        known = [column for column in self.objectives if column.metric == metric]
        return known[0] if known else _column("", metric, 1.0)

    def cost(self, metric: str) -> Column:
        """The column of a measured cost."""
        return next(column for column in self.costs if column.metric == metric)


def rounded(value: float) -> float:
    """Five significant digits, which is more than is ever measured."""
    return float(f"{value:.5g}")


def _column(key: str, metric: str, typical: float) -> Column:
    known = METRICS[metric]
    if metric.endswith(("error", "accuracy")):
        return Column(key, f"{known.short} (%)", metric, PERCENT)
    unit, scale = readable_unit(typical, known.unit)
    return Column(key, f"{known.short} ({unit})" if unit else known.short, metric, scale)


def _typical(state: State, metric: str) -> float:
    measured = (t.costs[metric].value for t in state.trials.values() if metric in t.costs)
    return next(measured, 1.0)
