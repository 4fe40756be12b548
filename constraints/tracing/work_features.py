"""Traced work as a row of numbers, in a fixed order, for cost models to be fitted on.

The columns of layers add up to those of their network's inference, so that a model that is linear
in them tells how a network's cost divides among its layers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..domains import Array
from .network_trace import MAC_CLASSES, Layer, Work

ADDITIVE_FEATURES = (*(f"macs_{name}" for name in MAC_CLASSES), "traffic_bytes", "operations")
WORK_FEATURES = (*ADDITIVE_FEATURES, "peak_bytes")


def work_features(work: Work) -> dict[str, float]:
    """A phase's work by column, in the order of `WORK_FEATURES`.

    >>> work_features(Work({"conv": 5}, 80, 2, 100, {}))["macs_conv"]
    5.0
    """
    macs = [work.macs.get(name, 0) for name in MAC_CLASSES]
    values = (*macs, work.traffic_bytes, work.operations, work.peak_bytes)
    return dict(zip(WORK_FEATURES, map(float, values), strict=True))


def layer_features(layer: Layer) -> dict[str, float]:
    """A layer's work by column, in the order of `ADDITIVE_FEATURES`: all but the peak."""
    macs = [layer.macs_by.get(name, 0) for name in MAC_CLASSES]
    values = (*macs, layer.traffic_bytes, layer.operations)
    return dict(zip(ADDITIVE_FEATURES, map(float, values), strict=True))


def work_matrix(works: Sequence[Work]) -> Array:
    """One row a phase.

    Returns:
        `(n, 7)`, columns as in `WORK_FEATURES`.
    """
    rows = [list(work_features(work).values()) for work in works]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(WORK_FEATURES))


def layer_matrix(layers: Sequence[Layer]) -> Array:
    """One row a layer.

    Returns:
        `(n, 6)`, columns as in `ADDITIVE_FEATURES`.
    """
    rows = [list(layer_features(layer).values()) for layer in layers]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(ADDITIVE_FEATURES))
