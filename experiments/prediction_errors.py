"""How far costs were off that were predicted when a candidate was chosen, along a run.

Each is held against what the candidate's own probe measured afterwards, so that no prediction had
seen its answer. Left out are costs that were known when the candidate was chosen, spoiled
measurements, and devices that are not there: one formula would be measured with another. The
candidates are those that a strategy chose, mostly predicted inside the budget; they are no sample
of the space, and a model that is right by luck is chosen more often.
"""

from __future__ import annotations

import pandas as pd

from ..constraints.measurement import REPLAYED, SIMULATED, Measurement
from ..constraints.metrics import METRICS
from ..orchestrator.plan import Plan
from ..orchestrator.state import State, Trial
from ..workers.recording import RECORDED

COLUMNS = ("trial_id", "purpose", "metric", "unit", "measurements", "predicted", "measured",
           "relative_error", "relative_spread")  # fmt: skip
CHOSEN = ("train", "probe")  # purposes of trials whose costs were predicted


def prediction_errors(plan: Plan, state: State) -> pd.DataFrame:
    """One row a prediction that was measured, in the order of proposal.

    Returns:
        Columns `trial_id`, `purpose`, `metric`, `unit`, `measurements` (candidates proposed before
        it that were measured), `predicted` and `measured` in the unit, `relative_error`
        (predicted / measured - 1) and `relative_spread` (as the predictor thought of itself).
    """
    rows, measurements = [], 0
    for trial in state.trials.values():
        if trial.purpose in CHOSEN and not trial.verdict.measured:
            rows += [_row(trial, metric, measured, measurements)
                     for metric, measured in trial.costs.items()
                     if _tells(trial, metric, measured)]  # fmt: skip
        own = trial.probe is not None and trial.proposed.measured_by is None
        measurements += own and trial.purpose != "confirm"
    return pd.DataFrame(rows, columns=pd.Index(COLUMNS))


def _tells(trial: Trial, metric: str, measured: Measurement) -> bool:
    told = metric in trial.verdict.costs and measured.value > 0 and measured.teaches()
    return told and not _made_up(measured)


def _made_up(measured: Measurement) -> bool:
    """Whether no device ever cost that; a recorded table was measured once."""
    replayed = measured.attribution == REPLAYED and not measured.device.startswith(RECORDED)
    return measured.attribution == SIMULATED or replayed


def _row(trial: Trial, metric: str, measured: Measurement, measurements: int) -> dict[str, object]:
    predicted = trial.verdict.costs[metric]
    return {
        "trial_id": trial.trial_id,
        "purpose": trial.purpose,
        "metric": metric,
        "unit": METRICS[metric].unit,
        "measurements": measurements,
        "predicted": predicted,
        "measured": measured.value,
        "relative_error": predicted / measured.value - 1,
        "relative_spread": trial.verdict.spreads.get(metric, float("nan")),
    }
