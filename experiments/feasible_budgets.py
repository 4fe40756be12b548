"""Budgets that leave a given share of a space, from what a sample of it costs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy.stats import rankdata

from ..constraints.domains import Array
from ..constraints.errors import Fault, SpecError
from .run_folder import RunFolder
from .spec import Spec
from .sweep import Listener, create, load, resume
from .table_problem import TableProblem


def bounds_at(costs: Mapping[str, Array], share: float) -> dict[str, float]:
    """Bounds that so many candidates keep, cutting every metric at the same quantile.

    Args:
        costs: `(n,)` by metric, of the same candidates.
        share: to keep, in (0, 1]; at least one candidate is kept.

    Returns:
        By metric, the greatest cost among those kept by that metric.

    >>> bounds_at({"power_w": np.array([1.0, 2.0, 3.0, 4.0])}, 0.5)
    {'power_w': 2.0}
    """
    ranks = {metric: rankdata(values, method="max") for metric, values in costs.items()}
    worst = np.sort(np.max(list(ranks.values()), axis=0))
    cut = worst[max(round(share * len(worst)), 1) - 1]
    return {m: float(values[ranks[m] <= cut].max()) for m, values in costs.items()}


def sample_costs(
    spec: Spec, folder: Path, *, candidates: int, address: str | None, listener: Listener
) -> dict[str, Array]:
    """What candidates of a space cost: all of a table, or a sample that is measured, untrained.

    Args:
        spec: whose budget names the metrics.
        folder: of a run that measures; one that is finished is read.
        candidates: to be measured.
        address: of a Ray cluster; None starts Ray here.
        listener: of the run.

    Returns:
        `(n,)` by metric, of the same candidates.

    Raises:
        SpecError: if the spec has no budget.
        KeyboardInterrupt: if the measuring was stopped by one.
    """
    if not spec.budget:
        says = "is empty, so there is nothing to set a feasible share with; name its metrics"
        raise SpecError("the comparison", [Fault("budget", says)])
    if spec.table is not None:
        return {metric: TableProblem(spec).costs(metric) for metric in spec.budget}
    run = RunFolder(folder)
    if not run.journal.is_file():
        create(_measuring(spec, candidates), run, address=address)
    sweep = load(run)
    if not sweep.finished:
        sweep = resume(run, address=address, listener=listener)
    if not sweep.finished:
        raise KeyboardInterrupt  # Tune caught it; a part of the sample would set other budgets
    whole = [row.costs for row in sweep.state.costs.rows if set(spec.budget) <= set(row.costs)]
    return {metric: np.array([costs[metric].value for costs in whole]) for metric in spec.budget}


def with_bounds(spec: Spec, bounds: Mapping[str, float]) -> Spec:
    """The spec under another budget."""
    return spec.model_copy(update={"budget": dict(bounds)})


def parse_shares(text: str) -> list[float]:
    """Feasible shares as people write them, in percent.

    Raises:
        SpecError: if one is no percentage.

    >>> parse_shares("5, 10")
    [0.05, 0.1]
    """
    shares = []
    for part in text.split(","):
        try:
            shares.append(float(part) / 100)
        except ValueError:
            shares.append(0.0)
        if not 0 < shares[-1] <= 1:
            says = f"must be percentages above 0 and up to 100, separated by commas, got {text!r}"
            raise SpecError("the comparison", [Fault("--feasible", says)])
    return shares


def _measuring(spec: Spec, candidates: int) -> Spec:
    """A run that measures its profile and trains nothing."""
    return spec.model_copy(
        update={
            "strategy": "hw-random",
            "limits": spec.limits.model_copy(update={"trials": 0, "wall_clock": 1e9}),
            "profile": spec.profile.model_copy(update={"candidates": candidates, "from_": None}),
        }
    )
