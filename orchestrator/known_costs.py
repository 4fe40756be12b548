"""Where a candidate was measured, its costs are known and no prediction is needed.

A profile measures candidates without training them. One that was measured inside the budget may be
trained whatever a model predicts of it, and one that was measured outside may not.
"""

from __future__ import annotations

import numpy as np

from ..constraints.domains import Array
from ..constraints.gate import Verdicts
from ..constraints.space import row_keys
from .plan import Plan
from .state import State


def with_measured(plan: Plan, state: State, units: Array, verdicts: Verdicts) -> Verdicts:
    """Verdicts in which the costs of measured candidates stand for the predicted ones.

    Args:
        plan: of the sweep.
        state: with what was measured.
        units: `(n, d)`, that were judged.
        verdicts: by prediction.
    """
    measured = {
        key: trial.costs
        for trial, key in zip(state.of("profile"), _keys(plan, state), strict=True)
        if trial.costs
    }
    rows = [(row, measured[key]) for row, key in enumerate(row_keys(units)) if key in measured]
    if not rows:
        return verdicts
    admitted, probability = verdicts.admitted.copy(), verdicts.probability.copy()
    costs = {metric: values.copy() for metric, values in verdicts.costs.items()}
    misses = {metric: values.copy() for metric, values in verdicts.misses.items()}
    for row, known in rows:
        held = [c for c in plan.predicted if c.metric in known]
        admitted[row] = all(c.allows(known[c.metric].value) for c in held)
        probability[row] = float(admitted[row])
        for constraint in held:
            value = known[constraint.metric].value
            for table, entry in ((costs, value), (misses, value / constraint.bound)):
                table.setdefault(constraint.metric, np.zeros(len(units)))[row] = entry
    return Verdicts(admitted, probability, costs, misses, verdicts.extrapolated)


def _keys(plan: Plan, state: State) -> list[bytes]:
    return row_keys(plan.space.encode([trial.candidate for trial in state.of("profile")]))
