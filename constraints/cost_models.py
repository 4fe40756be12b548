"""Fits one predictor a metric from everything measured so far."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from .candidate import Candidate
from .censored import fit_censored
from .cross_validation import cross_predict, mean_fit, rmspe
from .domains import Array
from .encoding import Encoding
from .growth import refit_at
from .linear import LinearRecipe
from .measurement import Measurement
from .predictor import Chooser, Predictor, Recipe
from .space import Space
from .within_device import within_device

# Of the rows, before the form of a model is chosen anew, which takes seconds. At 1.2, twice as many
# choices for the same form.
CHOICE_GROWTH = 1.4
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
    """All measured costs a sweep may learn from; grows by making a new one.

    Attributes:
        rows: that were measured.
        exceeded: candidates that ran out of memory, with the metrics of which nothing is known but
            that they are over their bounds.
    """

    rows: tuple[CostRow, ...] = ()
    exceeded: tuple[tuple[Candidate, frozenset[str]], ...] = ()

    def with_row(self, row: CostRow) -> CostTable:
        """A table with one row more.

        What teaches nothing is left out: shared readings, and those of another kind of device than
        the table's first row, because costs of two kinds are never mixed.
        """
        kind = self.device or next((m.device for m in row.costs.values()), None)
        taught = {n: m for n, m in row.costs.items() if m.teaches() and m.device == kind}
        if not taught:
            return self
        return CostTable((*self.rows, CostRow(row.candidate, taught)), self.exceeded)

    def with_exceeded(self, candidate: Candidate, metrics: Collection[str]) -> CostTable:
        """A table that knows of one candidate more that it ran out of memory."""
        if not metrics:
            return self
        return CostTable(self.rows, (*self.exceeded, (candidate, frozenset(metrics))))

    @property
    def device(self) -> str | None:
        """Kind of the device all rows were measured on; None while there is no row."""
        return next((m.device for row in self.rows[:1] for m in row.costs.values()), None)

    def for_metric(self, metric: str) -> tuple[list[Candidate], Array]:
        """Candidates and their measured values of one metric, `(n,)`; a cost of 0 is none."""
        held = [row for row in self.rows if metric in row.costs and row.costs[metric].value > 0]
        values = [row.costs[metric].value for row in held]
        return [row.candidate for row in held], np.array(values, dtype=np.float64)

    def measured(self, metric: str) -> list[Measurement]:
        """All measurements of one metric."""
        return [row.costs[metric] for row in self.rows if metric in row.costs]


@dataclass(frozen=True, eq=False)
class FittedCosts:
    """What a sweep predicts costs with, at some state of knowledge.

    Attributes:
        predictors: by metric; those with too few rows are absent.
        blurs: by metric, the relative error that the quick encoding adds.
        fault: why these are simpler than they should be; empty if they are not.
    """

    predictors: Mapping[str, Predictor] = field(default_factory=dict)
    blurs: Mapping[str, float] = field(default_factory=dict)
    fault: str = ""


@dataclass(frozen=True, eq=False)
class CostModels:
    """How a sweep predicts costs.

    Attributes:
        space: of the candidates.
        encoding: from candidates to features.
        recipe_of: makes the recipe that fits a predictor of a metric.
        physical: whether power is kept within what the device can draw.
        seen: exact features of candidates encoded before, by key.
        settled: recipes whose choices were made before, by metric and rows.
    """

    space: Space
    encoding: Encoding
    recipe_of: Callable[[str], Recipe]
    physical: bool = False
    seen: dict[str, Array] = field(default_factory=dict)
    settled: dict[tuple[str, bytes, bytes], Recipe] = field(default_factory=dict)

    def fit(
        self,
        table: CostTable,
        metrics: Sequence[str],
        bounds: Mapping[str, float] | None = None,
    ) -> FittedCosts:
        """A predictor for each metric with enough rows, and what the quick encoding adds.

        Args:
            table: what was measured.
            metrics: to be predicted.
            bounds: by metric; a candidate that ran out of memory is known to be above. Without,
                such candidates are left out.
        """
        fitted = self.predictors(table, metrics, bounds)
        pairs = self.encoding.pairs() if fitted else None
        if pairs is None:
            return FittedCosts(fitted)
        return FittedCosts(fitted, {m: relative_gap(p, *pairs) for m, p in fitted.items()})

    def predictors(
        self,
        table: CostTable,
        metrics: Sequence[str],
        bounds: Mapping[str, float] | None = None,
    ) -> dict[str, Predictor]:
        """A predictor for each metric with enough rows; arguments as for `fit`."""
        fitted: dict[str, Predictor] = {}
        for metric in metrics:
            candidates, values = table.for_metric(metric)
            if len(values) >= LEAST_ROWS:
                recipe = self._settled(metric, self.features(candidates), values)
                over = [c for c, metrics_over in table.exceeded if metric in metrics_over]
                over = over if metric in (bounds or {}) else []
                costs = np.concatenate([values, np.full(len(over), (bounds or {}).get(metric, 0))])
                at_least = np.arange(len(costs)) >= len(values)
                features = self.features([*candidates, *over])
                fitted[metric] = fit_censored(recipe, features, costs, at_least)
                if self.physical and metric.endswith("power_w"):
                    fitted[metric] = within_device(fitted[metric], table.measured(metric))
        return fitted

    def simplest(self) -> CostModels:
        """The same with a straight line for each metric, where nothing better can be fitted."""
        return replace(self, recipe_of=lambda metric: LinearRecipe(), settled={})

    def errors(self, table: CostTable, metrics: Sequence[str]) -> dict[str, float]:
        """Cross-validated RMSPE by metric, as a share; metrics with too few rows are absent."""
        errors: dict[str, float] = {}
        for metric in metrics:
            candidates, values = table.for_metric(metric)
            if len(values) >= LEAST_ROWS:
                features = self.features(candidates)
                recipe = self._settled(metric, features, values)
                errors[metric] = rmspe(cross_predict(mean_fit(recipe), features, values), values)
        return errors

    def features(self, candidates: Sequence[Candidate]) -> Array:
        """Exact features, `(n, D)`; each candidate is encoded once."""
        new = [candidate for candidate in candidates if candidate.key not in self.seen]
        if new:
            encoded = self.encoding.exact(self.space.encode(new))
            self.seen.update(zip((candidate.key for candidate in new), encoded, strict=True))
        return np.vstack([self.seen[candidate.key] for candidate in candidates])

    def _settled(self, metric: str, features: Array, values: Array) -> Recipe:
        """The metric's recipe, with its choices made on the first of the rows.

        Choosing is slow, so it is done anew only when the rows have grown much; a function of the
        first rows alone, so that a resumed sweep chooses the same.
        """
        recipe = self.recipe_of(metric)
        if not isinstance(recipe, Chooser):
            return recipe
        count = max(LEAST_ROWS, refit_at(len(values), CHOICE_GROWTH))
        key = (metric, values[:count].tobytes(), features[:count].tobytes())
        if key not in self.settled:
            self.settled[key] = recipe.settle(features[:count], values[:count])
        return self.settled[key]


def relative_gap(predictor: Predictor, estimated: Array, exact: Array) -> float:
    """How far predictions from estimated features lie from those from exact ones.

    Args:
        predictor: of positive costs.
        estimated: `(m, D)`.
        exact: `(m, D)`, of the same candidates.

    Returns:
        Root mean square of the logarithm of their ratio.
    """
    tiny = np.finfo(np.float64).tiny
    means = [np.maximum(predictor.predict(rows).mean, tiny) for rows in (estimated, exact)]
    return float(np.sqrt(np.mean(np.log(means[0] / means[1]) ** 2)))
