"""Fits one predictor a metric from everything measured so far."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from .candidate import Candidate
from .cross_validation import cross_predict, rmspe
from .domains import Array
from .measurement import Measurement
from .predictor import Predictor, Recipe
from .space import Space

LEAST_ROWS = 5  # fewer say nothing about an error: the gate stays open for that metric


@dataclass(frozen=True)
class CostRow:
    """One candidate with what it was measured to cost.

    Attributes:
        candidate: its hyper-parameters.
        costs: measurements by metric.
    """

    candidate: Candidate
    costs: Mapping[str, Measurement]


@dataclass(frozen=True, eq=False)
class CostTable:
    """All measured costs a sweep may learn from; grows by making a new one."""

    rows: tuple[CostRow, ...] = ()

    def with_row(self, row: CostRow) -> CostTable:
        """A table with one row more.

        What teaches nothing is left out: shared readings, and those of another kind of device than
        the table's first row, because costs of two kinds are never mixed.
        """
        kind = self.device or next((m.device for m in row.costs.values()), None)
        taught = {n: m for n, m in row.costs.items() if m.teaches() and m.device == kind}
        return CostTable((*self.rows, CostRow(row.candidate, taught))) if taught else self

    @property
    def device(self) -> str | None:
        """Kind of the device all rows were measured on; None while there is no row."""
        return next((m.device for row in self.rows[:1] for m in row.costs.values()), None)

    def for_metric(self, metric: str) -> tuple[list[Candidate], Array]:
        """Candidates and their measured values of one metric, `(n,)`."""
        held = [row for row in self.rows if metric in row.costs]
        values = [row.costs[metric].value for row in held]
        return [row.candidate for row in held], np.array(values, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class CostModels:
    """How a sweep predicts costs.

    Attributes:
        space: of the candidates.
        encode: from candidates' units to features.
        recipe: fits a predictor of one metric.
        seen: features of candidates encoded before, by key.
    """

    space: Space
    encode: Callable[[Array], Array]
    recipe: Recipe
    seen: dict[str, Array] = field(default_factory=dict)

    def fit(self, table: CostTable, metrics: Sequence[str]) -> dict[str, Predictor]:
        """A predictor for each metric with enough rows."""
        fitted: dict[str, Predictor] = {}
        for metric in metrics:
            candidates, values = table.for_metric(metric)
            if len(values) >= LEAST_ROWS:
                fitted[metric] = self.recipe.fit(self._features(candidates), values)
        return fitted

    def errors(self, table: CostTable, metrics: Sequence[str]) -> dict[str, float]:
        """Cross-validated RMSPE by metric, as a share; metrics with too few rows are absent."""
        errors: dict[str, float] = {}
        for metric in metrics:
            candidates, values = table.for_metric(metric)
            if len(values) >= LEAST_ROWS and (values > 0).all():
                features = self._features(candidates)
                errors[metric] = rmspe(cross_predict(self._fit_mean, features, values), values)
        return errors

    def _fit_mean(self, features: Array, costs: Array) -> Callable[[Array], Array]:
        predictor = self.recipe.fit(features, costs)
        return lambda rows: predictor.predict(rows).mean

    def _features(self, candidates: Sequence[Candidate]) -> Array:
        new = [candidate for candidate in candidates if candidate.key not in self.seen]
        if new:
            encoded = self.encode(self.space.encode(new))
            self.seen.update(zip((candidate.key for candidate in new), encoded, strict=True))
        return np.vstack([self.seen[candidate.key] for candidate in candidates])
