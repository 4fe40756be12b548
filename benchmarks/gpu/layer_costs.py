"""Time and power of single layers, measured and learned, and networks' costs composed of them.

NeuralPower's protocol [Cai2017] with our model of a layer:

    T = sum of T_l        P = sum of P_l T_l / T        E = P T

Layers that only give memory another shape, and dropout, which does nothing in inference, cost
nothing. Power takes a window of ten seconds and more, so it is measured of the first layers only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from hyperwatt.constraints.domains import Array
from hyperwatt.constraints.layerwise.learned_layer import LearnedLayerRecipe
from hyperwatt.constraints.layerwise.traced_layers import columns_of
from hyperwatt.constraints.predictor import Predictor
from hyperwatt.constraints.tracing.trace import trace_network

from .chunk import Bench, Finding, done, shown
from .measured_network import can_measure, measure_all_of, values_of
from .random_layers import TIMES, WITH_POWER, Portions, random_layers
from .subject import Subject

LEAST = 10  # layers of a kind

Rows = dict[str, tuple[Array, Array]]


@dataclass(frozen=True)
class LayerCosts:
    """See `Chunk`; one for each metric.

    Attributes:
        name: in the record.
        title: for people.
        metric: full name.
        portions: how many layers, and how many a piece.
    """

    name: str
    title: str
    metric: str
    portions: Portions

    def hindrance(self, bench: Bench) -> str:
        """The device must tell the metric."""
        return can_measure(bench, self.metric)

    def pieces(self, bench: Bench) -> Sequence[str]:
        """One for some layers of a kind."""
        return list(random_layers(self.portions, bench.quick))

    def run(self, bench: Bench, piece: str) -> dict[str, Any]:
        """Measure them in one process, as nothing of their memory is asked."""
        layers = random_layers(self.portions, bench.quick)[piece]
        return {"layers": measure_all_of(bench, layers, (self.metric,))}

    def findings(self, bench: Bench) -> list[Finding]:
        """Range of the values of each kind."""
        found = []
        for kind, (_, costs) in rows_of(self.measured(bench)).items():
            low, high = (shown(self.metric, float(end)) for end in (costs.min(), costs.max()))
            found.append(Finding(kind, f"{len(costs)} layers, {low} to {high}"))
        return found

    def measured(self, bench: Bench) -> list[tuple[Subject, float]]:
        """Layers with their costs; what is flagged as misleading is left out."""
        rows = [layer for piece in done(bench, self).values() for layer in piece["layers"]]
        values = [(Subject.from_dict(row["subject"]), values_of(row, self.metric)) for row in rows]
        return [(s, v.value) for s, v in values if v is not None and v.teaches()]


LAYER_TIMES = LayerCosts("layer-times", "Random layers, time", "latency_s", TIMES)
LAYER_POWERS = LayerCosts("layer-powers", "Random layers, power", "power_w", WITH_POWER)


def rows_of(layers: Sequence[tuple[Subject, float]]) -> Rows:
    """Columns `(n, k)` and costs `(n,)`, by kind."""
    rows: dict[str, list[tuple[Array, float]]] = {}
    for subject, cost in layers:
        for kind, columns in columns_by_layer(subject.to_text()):
            rows.setdefault(kind, []).append((columns, cost))
    return {
        kind: (np.array([columns for columns, _ in found]), np.array([c for _, c in found]))
        for kind, found in rows.items()
    }


@lru_cache(maxsize=1024)
def columns_by_layer(text: str) -> tuple[tuple[str, Array], ...]:
    """Kind and columns of each layer of a subject that has any, in order."""
    subject = Subject.from_text(text)
    shape = tuple(subject.input_shape)
    trace = trace_network(subject.build, shape, batch_size=subject.batch_size)
    found = (columns_of(layer) for layer in trace.layers if layer.operations > 0)
    return tuple(columns for columns in found if columns is not None)


def fit_layers(rows: Rows) -> dict[str, Predictor]:
    """A model for each kind of which enough layers were measured."""
    return {
        kind: LearnedLayerRecipe(kind).fit(columns, costs)
        for kind, (columns, costs) in rows.items()
        if len(costs) >= LEAST
    }


def of_each_layer(subject: Subject, models: Mapping[str, Predictor]) -> Array:
    """Predicted costs of a network's layers, `(n,)`; NaN where a kind has no model."""
    costs = [
        float(models[kind].predict(columns[None, :]).mean[0]) if kind in models else np.nan
        for kind, columns in columns_by_layer(subject.to_text())
    ]
    return np.array(costs)
