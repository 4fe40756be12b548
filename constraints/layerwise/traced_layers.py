"""From the layers of a traced network to the columns of the layer-wise models, and to its cost.

Covered are plain convolutions on images (one group, no dilation), dense layers and poolings on
images. Any other layer that does work is named as not covered, never counted as free.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from ..domains import Array
from ..predictor import Predictor
from ..tracing.network_trace import Geometry, Layer
from .columns import CONV, DENSE, POOL
from .composition import SHARED_ERRORS, LayerCost, NetworkCost, compose

KINDS = {"conv": CONV, "linear": DENSE, "pool": POOL}  # of a traced layer -> of a model


@dataclass(frozen=True)
class LayerModels:
    """The two models of one kind of layer on one kind of device.

    Attributes:
        time: predicts seconds from columns.
        power: predicts watts from columns.
    """

    time: Predictor
    power: Predictor


def columns_of(layer: Layer) -> tuple[str, Array] | None:
    """Kind and columns of a traced layer.

    Returns:
        Kind and `(16,)`, `(5,)` or `(10,)`, see `COLUMNS`; None if the layer is not covered.
    """
    kind, shapes = KINDS.get(layer.kind), layer.geometry
    if kind is None or shapes is None:
        return None
    if kind != DENSE and not _is_plain(shapes):
        return None
    columns = {CONV: _conv, DENSE: _dense, POOL: _pool}[kind](shapes)
    return kind, np.array(columns, dtype=np.float64)


def predict_network(
    layers: Sequence[Layer],
    models: Mapping[str, LayerModels],
    *,
    correlation: float = SHARED_ERRORS,
) -> NetworkCost:
    """Predict what a network costs from its layers.

    Args:
        layers: of one trace, see `NetworkTrace.layers`.
        models: by kind (`conv`, `dense`, `pool`).
        correlation: of the errors of two layers, see `compose`.

    Returns:
        The cost of the covered layers; the others are named in `not_covered`. Layers that only
        give memory another shape are in neither.

    Raises:
        ValueError: if no layer is covered.
    """
    working = [layer for layer in layers if layer.operations > 0]
    costs = {layer.name: cost for layer, cost in _predict(working, models)}
    missing = [(layer.name, layer.kind) for layer in working if layer.name not in costs]
    if not costs:
        kinds = ", ".join(sorted({kind for _, kind in missing})) or "none"
        raise ValueError(
            f"`layers` has none that is covered by `models` of {', '.join(models) or 'no kind'}; "
            f"its kinds: {kinds}"
        )
    return compose(list(costs.values()), not_covered=missing, correlation=correlation)


def _predict(
    layers: Sequence[Layer], models: Mapping[str, LayerModels]
) -> Iterator[tuple[Layer, LayerCost]]:
    for layer in layers:
        found = columns_of(layer)
        if found is None or found[0] not in models:
            continue
        kind, row = found[0], found[1][None, :]
        time, power = models[kind].time.predict(row), models[kind].power.predict(row)
        yield (
            layer,
            LayerCost(
                name=layer.name,
                kind=kind,
                latency_s=float(time.mean[0]),
                power_w=float(power.mean[0]),
                latency_std_s=float(time.std[0]),
                power_std_w=float(power.std[0]),
                extrapolated=bool(time.extrapolated[0] or power.extrapolated[0]),
            ),
        )


def _is_plain(shapes: Geometry) -> bool:
    on_images = len(shapes.input_shape) == 4 and len(shapes.kernel) == 2
    return on_images and shapes.groups == 1 and all(step == 1 for step in shapes.dilation)


def _conv(shapes: Geometry) -> tuple[int, ...]:
    n, c_in, h_in, w_in = shapes.input_shape
    _, c_out, h_out, w_out = shapes.output_shape
    filters = (*shapes.kernel, c_in, c_out)
    return (n, h_out, w_out, c_out, *filters, *shapes.padding, *shapes.stride, n, h_in, w_in, c_in)


def _dense(shapes: Geometry) -> tuple[int, ...]:
    items, features = prod(shapes.input_shape[:-1]), shapes.input_shape[-1]
    return (items, shapes.output_shape[-1], 1, 1, features)


def _pool(shapes: Geometry) -> tuple[int, ...]:
    n, channels, h_out, w_out = shapes.output_shape
    steps = [max(step, 1) for step in shapes.stride]  # an adaptive pool may enlarge: step 0
    sizes = (*shapes.kernel, *steps, *shapes.input_shape[2:])
    return (n, h_out, w_out, channels, *sizes)
