"""The tables of a comparison: every arm, and HyperPower's own for both forms of each solver."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..constraints.domains import Array
from ..workers.meters.accelerator import SIMULATED
from .common_seeds import paired
from .comparison import Arm, Comparison
from .curves import Curve
from .protocol import SOLVERS, Solver, Variant
from .quality import Quality
from .speedup import Ratio, Ratios, speedup_to_best


@dataclass(frozen=True, eq=False)
class Pair:
    """A solver in both forms, over the same seeds, with the same early termination."""

    solver: Solver
    default: Arm
    hyperpower: Arm

    @property
    def label(self) -> str:
        """For people; `full` is without early termination."""
        return f"{self.solver.name}{' (full)' if self.default.variant.full else ''}"

    @property
    def curves(self) -> tuple[list[Curve], list[Curve]]:
        """Of the default and of HyperPower's form, over the seeds that both have."""
        pairs = paired(self.default, self.hyperpower)
        return [before.curve for before, _ in pairs], [after.curve for _, after in pairs]


def pairs_of(comparison: Comparison) -> list[Pair]:
    """The solvers of which both forms were run, with some of the same seeds."""
    arms = {arm.variant: arm for arm in comparison.arms}
    forms = [
        (solver, Variant(solver.default, full), Variant(solver.hyperpower, full))
        for full in (False, True)
        for solver in SOLVERS
    ]
    pairs = [
        Pair(solver, arms[default], arms[praised])
        for solver, default, praised in forms
        if {default, praised} <= set(arms)
    ]
    return [pair for pair in pairs if paired(pair.default, pair.hyperpower)]


def arms_table(comparison: Comparison) -> pd.DataFrame:
    """One row an arm; mean and standard deviation over its repeats."""
    return pd.DataFrame([_arm_row(arm, comparison.quality) for arm in comparison.arms])


def best_table(comparison: Comparison) -> pd.DataFrame:
    """HyperPower's: the best feasible value, or hypervolume, of both forms of each solver."""
    rows = []
    for pair in pairs_of(comparison):
        arms = (pair.default, pair.hyperpower)
        default, hyperpower = (_best(arm, comparison.quality) for arm in arms)
        found = " and ".join(_found(arm) for arm in arms)
        rows.append({"solver": pair.label, "default": default, "HyperPower": hyperpower,
                     "found feasible": found})  # fmt: skip
    return pd.DataFrame(rows)


def speedup_table(comparison: Comparison) -> pd.DataFrame:
    """HyperPower's: how much sooner its form of each solver gets to what the default got to."""
    return pd.DataFrame([
        {"solver": pair.label, **Ratios.of(*pair.curves).cells()} for pair in pairs_of(comparison)
    ])  # fmt: skip


def models_table(comparison: Comparison) -> pd.DataFrame:
    """Cross-validated error of the cost models at the end; empty on a simulated device."""
    if simulated(comparison):  # would measure one formula with another
        return pd.DataFrame()
    gathered: dict[str, list[float]] = {}
    for arm in comparison.arms:
        for summary in arm.summaries:
            if summary.profiled:
                for metric, error in summary.model_errors.items():
                    gathered.setdefault(metric, []).append(100 * error)
    return pd.DataFrame([
        {"metric": metric, "10-fold RMSPE (%)": mean_std(errors, 1), "runs": len(errors)}
        for metric, errors in gathered.items()
    ])  # fmt: skip


def simulated(comparison: Comparison) -> bool:
    """Whether the device is not there."""
    return comparison.spec.device.startswith(SIMULATED)


def mean_std(values: Sequence[float], digits: int) -> str:
    """Mean and sample standard deviation of what is finite; `none` without any.

    >>> mean_std([1.0, 2.0], 1)
    '1.5 +- 0.7'
    """
    known = np.array([value for value in values if np.isfinite(value)], dtype=np.float64)
    if not len(known):
        return "none"
    spread = f" +- {known.std(ddof=1):.{digits}f}" if len(known) > 1 else ""
    return f"{known.mean():.{digits}f}{spread}"


def speedups(comparison: Comparison) -> Iterator[tuple[Pair, Ratio]]:
    """Each solver with how much sooner its HyperPower form has the default's best value."""
    for pair in pairs_of(comparison):
        yield pair, speedup_to_best(*pair.curves)


def best_values(arm: Arm, quality: Quality) -> list[float]:
    """The best feasible value, or hypervolume, of each repeat; NaN where none was found."""
    return [float(value) for value in quality.value(_least(arm))]


def _least(arm: Arm) -> Array:
    return np.array([curve.best[-1] for curve in arm.curves], dtype=np.float64)


def _best(arm: Arm, quality: Quality) -> str:
    """Mean and standard deviation of the best values, for people."""
    known = _least(arm)
    known = known[np.isfinite(known)]
    if not len(known):
        return "none"
    spread = f" +- {quality.show_spread(float(known.std(ddof=1)))}" if len(known) > 1 else ""
    return f"{quality.show(float(known.mean()))}{spread}"


def _found(arm: Arm) -> str:
    values = _least(arm)
    return f"{int(np.isfinite(values).sum())}/{len(values)}"


def _arm_row(arm: Arm, quality: Quality) -> dict[str, object]:
    summaries = arm.summaries
    dispatched = sum(s.dispatched for s in summaries)
    over = sum(s.measured_violations for s in summaries)
    return {
        "strategy": arm.name,
        "seeds": len(summaries),
        "hypervolume" if quality.several else "best feasible": _best(arm, quality),
        "found feasible": _found(arm),
        "trained or refused": mean_std([curve.samples[-1] for curve in arm.curves], 1),
        "measured, untrained": mean_std([s.measured_untrained for s in summaries], 1),
        "dispatched": mean_std([s.dispatched for s in summaries], 1),
        "of these predicted over the budget": sum(s.predicted_violations for s in summaries),
        "of these measured over it": f"{over / dispatched:.0%}" if dispatched else "none",
        "infeasible, not trained": mean_std([s.infeasible for s in summaries], 1),
        "infeasible, trained": mean_std([s.trained_infeasible for s in summaries], 1),
        "trainings saved": mean_std([s.saved for s in summaries], 1),
        "training wasted (s)": mean_std([s.wasted_s for s in summaries], 1),
        "running time (s)": mean_std([s.elapsed_s for s in summaries], 1),
    }
