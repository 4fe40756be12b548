"""What a sweep predicts a cost with when it has traced the networks."""

from __future__ import annotations

from collections.abc import Sequence

from ..constraints.best_of import BestOf
from ..constraints.memory_model import MemoryRecipe
from ..constraints.on_columns import OnColumns
from ..constraints.predictor import Recipe
from ..constraints.residual import ResidualRecipe
from .contest import traced_columns


def of_traced(names: Sequence[str], metric: str) -> Recipe:
    """The recipe for a metric on traced work.

    Args:
        names: of the features.
        metric: full name.
    """
    peak, work = traced_columns(names, metric)
    if metric.endswith("memory_bytes"):
        return BestOf((
            OnColumns(MemoryRecipe(), (peak,)),
            OnColumns(ResidualRecipe(), (peak, *work)),
        ))  # fmt: skip
    return OnColumns(ResidualRecipe(), work)
