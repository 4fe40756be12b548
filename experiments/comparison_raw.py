"""The older tables of a comparison with their raw numbers: one row a run, seed or ratio."""

from __future__ import annotations

from dataclasses import fields

import pandas as pd

from .common_seeds import paired
from .comparison import Arm, Comparison, Repeat
from .comparison_tables import (
    arms_table,
    best_table,
    models_table,
    pairs_of,
    simulated,
    speedup_table,
)
from .quality import Quality
from .report_table import Table, sentences
from .speedup import Ratios
from .summary import Summary

SPEEDUP_NOTE = (
    "Ratios of the HyperPower form to the default: candidates looked at (trained, or refused by "
    "the gate); how much sooner it had looked at as many; how much sooner, and in how many fewer "
    "trainings, it was as good as the default's best. Median of the pairs of equal seed, with its "
    "bootstrap interval at 95 % from five pairs on. A value it never reached counts as 0; where "
    "the default found nothing feasible, its whole time is taken, a lower bound. `full` is without "
    "early termination."
)
STRATEGIES_NOTE = (
    "Mean and sample standard deviation over the runs, each to its own end. Predicted and measured "
    "violations are of what was dispatched to be trained. Training time is that of trials that "
    "trained; wasted of those over the budget."
)
FLATTERS = "Of the runs that found a feasible network; the mean is of these alone."


def strategies_table(comparison: Comparison) -> Table:
    """One row a strategy; raw, one row a run."""
    runs = [(arm, repeat) for arm in comparison.arms for repeat in arm.repeats]
    raw = [_run(arm, repeat, comparison.quality) for arm, repeat in runs]
    return Table("Strategies", pd.DataFrame(raw), arms_table(comparison), STRATEGIES_NOTE)


def hyperpower_best(comparison: Comparison) -> Table:
    """HyperPower's: both forms of each solver; raw, one row a solver and seed."""
    quality = comparison.quality
    raw = [
        {
            "solver": pair.label,
            "seed": before.seed,
            "default": _best(before, quality),
            "hyperpower": _best(after, quality),
            "unit": quality.unit,
        }
        for pair in pairs_of(comparison)
        for before, after in paired(pair.default, pair.hyperpower)
    ]
    title = "Hypervolume" if quality.several else "Best feasible value"
    note = sentences(FLATTERS, f"{quality.box_line().capitalize()}." if quality.several else "")
    return Table(title, pd.DataFrame(raw), best_table(comparison), note)


def hyperpower_speedup(comparison: Comparison) -> Table:
    """HyperPower's: its form of each solver over the default; raw, one row a solver and ratio."""
    raw = [
        {"solver": pair.label, **row}
        for pair in pairs_of(comparison)
        for row in Ratios.of(*pair.curves).rows()
    ]
    title = "Speed-up of HyperPower's form over the default"
    return Table(title, pd.DataFrame(raw), speedup_table(comparison), SPEEDUP_NOTE)


def predictors_table(comparison: Comparison) -> Table:
    """Cross-validated error of the cost models; raw, one row a run and metric, as a share."""
    raw = [
        {"strategy": arm.name, "seed": repeat.seed, "metric": metric, "rmspe": error}
        for arm in comparison.arms
        for repeat in arm.repeats
        if repeat.summary.profiled and not simulated(comparison)
        for metric, error in repeat.summary.model_errors.items()
    ]
    return Table("Cost models", pd.DataFrame(raw), models_table(comparison))


def _run(arm: Arm, repeat: Repeat, quality: Quality) -> dict[str, object]:
    numbers = {
        field.name: getattr(repeat.summary, field.name)
        for field in fields(Summary)
        if isinstance(getattr(repeat.summary, field.name), int | float)
    }
    return {
        "strategy": arm.name,
        "seed": repeat.seed,
        "best": _best(repeat, quality),
        "best_of": "hypervolume" if quality.several else quality.objectives[0].metric,
        "best_unit": quality.unit,
        "looked_at": float(repeat.curve.samples[-1]),
        **numbers,
    }


def _best(repeat: Repeat, quality: Quality) -> float:
    """The best feasible value, or hypervolume, at the end; NaN if there is none."""
    return float(quality.value(repeat.curve.best[-1:])[0])
