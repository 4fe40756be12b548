"""What each predictor of a run is and how far it is off; kept in the run's folder.

Judging means fitting and cross-validating, which takes seconds: it is done once, when the sweep has
its models at hand, and read by every report after that.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from ..orchestrator.plan import Plan
from ..orchestrator.state import State

MOST_JUDGED = 300  # measurements; at double, a report of a run that has not ended takes a minute


@dataclass(frozen=True)
class ModelQuality:
    """Of one metric.

    Attributes:
        describes: what the predictor is.
        error: cross-validated RMSPE, as a share.
    """

    describes: str
    error: float


Judged = Mapping[str, ModelQuality]


def judge_models(plan: Plan, state: State) -> dict[str, ModelQuality]:
    """Fit and cross-validate the predictors of all budgeted costs; slow.

    Returns:
        By metric; those with too few measurements are absent.
    """
    metrics = [constraint.metric for constraint in plan.predicted]
    fitted = plan.models.predictors(state.costs, metrics)
    errors = plan.models.errors(state.costs, metrics)
    return {m: ModelQuality(p.describe(), errors[m]) for m, p in fitted.items() if m in errors}


def judge_if_few(plan: Plan, state: State) -> dict[str, ModelQuality]:
    """As `judge_models`; nothing where that would take too long."""
    return judge_models(plan, state) if len(state.costs.rows) <= MOST_JUDGED else {}


def write_quality(judged: Judged, path: Path) -> None:
    """Keep it; the folder must be there."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps({m: asdict(q) for m, q in judged.items()}, indent=1))
    part.replace(path)  # whole, for whoever follows the run


def read_quality(path: Path) -> dict[str, ModelQuality] | None:
    """What was kept; None if nothing was."""
    if not path.is_file():
        return None
    kept = json.loads(path.read_text())
    return {metric: ModelQuality(**quality) for metric, quality in kept.items()}
