"""The best that each strategy had found after as many trainings, and after as long, as all had.

A fair moment is one that every run reached: the least number of trainings any of them ended, and
the least time at which any of them ended its last. A half and a quarter of it are told too. A run
that ended no training at all reached nothing; it counts as one that found nothing, and sets no
moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from ..constraints.domains import Array
from ..constraints.units import format_quantity
from .bootstrap import mean_interval
from .comparison import Arm, Comparison
from .curves import Curve
from .quality import Quality
from .report_table import Table, sentences

PARTS = (0.25, 0.5, 1.0)
Axis = Literal["trainings", "time"]
NOTE = (
    "Mean and sample standard deviation over the runs that had found a feasible network by then, "
    "and from five of these on the bootstrap 95 % interval of the mean, which is rather too narrow "
    "for so few. Where not all had, it is told how many: the mean is of these alone, and flatters. "
    "The last column is the most that all runs reached; time is a run's whole "
    "time, with what it measured first."
)


@dataclass(frozen=True)
class Moment:
    """A point of every run.

    Attributes:
        axis: what is counted.
        at: trainings, or seconds.
    """

    axis: Axis
    at: float

    def losses(self, curves: Sequence[Curve]) -> Array:
        """The best loss of each run by then, `(n,)`; NaN where nothing feasible was known."""
        known = [c.at_training(self.at) if self.axis == "trainings" else c.at_time(self.at)
                 for c in curves]  # fmt: skip
        return np.array(known, dtype=np.float64)

    def __str__(self) -> str:
        if self.axis == "time":
            return format_quantity(self.at, "s")
        return f"{self.at:g} training{'s' if self.at != 1 else ''}"


def moments(comparison: Comparison, axis: Axis) -> list[Moment]:
    """Parts of what all runs reached, in ascending order; none if nothing was trained."""
    curves = [curve for arm in comparison.arms for curve in arm.curves]
    reached = [float((c.trainings if axis == "trainings" else c.times_s)[-1]) for c in curves]
    most = min((one for one in reached if one), default=0.0)
    parts = [part * most for part in PARTS]
    if axis == "trainings":
        parts = [float(np.ceil(part)) for part in parts]
    return [Moment(axis, at) for at in dict.fromkeys(parts) if at]


def best_after(comparison: Comparison, axis: Axis) -> Table:
    """One row a strategy, a column a moment; raw, one row a strategy, run and moment."""
    quality, points = comparison.quality, moments(comparison, axis)
    what = "Hypervolume" if quality.several else quality.label.capitalize()
    title = f"{what} after {'as many trainings' if axis == 'trainings' else 'as long'}"
    raw = [row for arm in comparison.arms for at in points for row in _raw(arm, at, quality)]
    rows = [
        {"strategy": arm.name, "seeds": str(len(arm.repeats))}
        | {f"after {at}": best_cell(at.losses(arm.curves), quality) for at in points}
        for arm in comparison.arms
    ]
    shown = pd.DataFrame(rows if points else [])
    return Table(title, pd.DataFrame(raw), shown, sentences(NOTE, _box(quality)))


def best_cell(losses: Array, quality: Quality) -> str:
    """Mean, spread and interval of values for people, and how many there are."""
    values = quality.value(losses[np.isfinite(losses)])
    if not len(values):
        return f"none (0/{len(losses)})"
    told = [quality.show_value(float(values.mean()))]
    if len(values) > 1:
        told.append(f"+- {quality.show_spread(float(values.std(ddof=1)))}")
    low, high = mean_interval(values)
    if low < high:
        told.append(f"[{quality.show_value(low)}, {quality.show_value(high)}]")
    if len(values) < len(losses):
        told.append(f"({len(values)}/{len(losses)})")
    return " ".join(told)


def _raw(arm: Arm, at: Moment, quality: Quality) -> list[dict[str, object]]:
    values = quality.value(at.losses(arm.curves))
    return [
        {
            "strategy": arm.name,
            "seed": repeat.seed,
            "after": at.axis,
            "at": at.at,
            "at_unit": "s" if at.axis == "time" else "trainings",
            "value": float(value),
            "value_of": "hypervolume" if quality.several else quality.objectives[0].metric,
            "unit": quality.unit,
        }
        for repeat, value in zip(arm.repeats, values, strict=True)
    ]


def _box(quality: Quality) -> str:
    return f"Hypervolume is a share of a box: {quality.box_line()}." if quality.several else ""
