"""Where a candidate was measured, its costs are known and no prediction is needed.

A profile or a probe measures candidates without training them. One that was measured inside the
budget may be trained whatever a model predicts of it, and one that was measured outside may not.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..constraints.candidate import Candidate
from ..constraints.domains import Array
from ..constraints.gate import Judged, Verdicts
from ..constraints.measurement import Measurement
from ..constraints.space import row_keys
from .events import Completed
from .plan import Plan
from .state import State, Trial


def measured_untrained(state: State) -> list[Trial]:
    """Trials that measured a candidate without training it, in order of proposal."""
    untrained = (*state.of("profile"), *state.of("probe"))
    return sorted((trial for trial in untrained if trial.costs), key=lambda trial: trial.trial_id)


def probe_inside(plan: Plan, state: State, candidate: Candidate) -> str | None:
    """The probe that found a candidate inside all its bounds, by what may decide; None without one.

    Such a candidate is trained without being measured a second time: chosen for a low value, it
    would be thrown away by the next, higher one. How many of those that were trained are inside is
    seen at the end, where they are measured again.
    """
    for trial in state.of("probe"):
        if trial.candidate == candidate and isinstance(trial.end, Completed):
            sound = {metric for metric, cost in trial.costs.items() if cost.teaches()}
            return trial.trial_id if sound.issuperset(plan.probed_metrics) else None
    return None


def with_measured(plan: Plan, state: State, units: Array, verdicts: Verdicts) -> Verdicts:
    """Verdicts in which the costs of measured candidates stand for the predicted ones.

    Args:
        plan: of the sweep.
        state: with what was measured.
        units: `(n, d)`, that were judged.
        verdicts: by prediction.
    """
    trials = measured_untrained(state)
    keys = row_keys(plan.space.encode([trial.candidate for trial in trials]))
    known = {
        key: {metric: cost for metric, cost in trial.costs.items() if cost.teaches()}
        for key, trial in zip(keys, trials, strict=True)
    }
    rows = {row: known[key] for row, key in enumerate(row_keys(units)) if known.get(key)}
    if not rows:
        return verdicts
    admitted, probability = verdicts.admitted.copy(), verdicts.probability.copy()
    measured = np.zeros(len(units), dtype=bool)
    needed = {c.metric for c in plan.predicted} & set(plan.probed_metrics)
    for row, costs in rows.items():
        fits = all(c.allows(costs[c.metric].value) for c in plan.predicted if c.metric in costs)
        if needed.issubset(costs) or not fits:  # the rest, where one is spoiled, stays predicted
            admitted[row], probability[row], measured[row] = fits, float(fits), True
    judged = {
        c.metric: _put(verdicts.judged.get(c.metric), rows, c.metric, c.bound, len(units))
        for c in plan.predicted
    }
    return Verdicts(admitted, probability, judged, verdicts.extrapolated, measured)


def _put(
    judged: Judged | None,
    rows: Mapping[int, Mapping[str, Measurement]],
    metric: str,
    bound: float,
    count: int,
) -> Judged:
    """What was judged of a metric, with measured values in some rows."""
    zeros = np.zeros(count)
    old = judged or Judged(zeros, zeros, zeros)
    costs, misses, spreads = old.costs.copy(), old.misses.copy(), old.spreads.copy()
    for row, measured in rows.items():
        if metric in measured:
            value = measured[metric].value
            costs[row], misses[row], spreads[row] = value, value / bound, 0.0
    return Judged(costs, misses, spreads, old.margin)
