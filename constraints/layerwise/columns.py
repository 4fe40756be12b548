"""The numbers that describe one layer: 16 of a convolution, 5 of a dense layer, 10 of a pooling.

Column order is that of [Cai2017]'s released scripts. The same row serves fitting and predicting, so
the two cannot drift apart.

References:
    [Cai2017] E. Cai, D.-C. Juan, D. Stamoulis, D. Marculescu. NeuralPower: Predict and Deploy
        Energy-Efficient Convolutional Neural Networks. ACML 2017.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from ..domains import Array
from ..errors import did_you_mean

CONV = "conv"
DENSE = "dense"
POOL = "pool"

COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        CONV: (
            *("batch", "out_height", "out_width", "out_channels"),
            *("kernel_height", "kernel_width", "in_channels", "filters"),
            *("padding_height", "padding_width", "stride_height", "stride_width"),
            *("in_batch", "in_height", "in_width", "in_depth"),
        ),
        DENSE: ("batch", "out_features", "in_height", "in_width", "in_features"),
        POOL: (
            *("batch", "out_height", "out_width", "channels"),
            *("kernel_height", "kernel_width", "stride_height", "stride_width"),
            *("in_height", "in_width"),
        ),
    }
)


def check_kind(kind: str) -> None:
    """Refuse a kind of layer that has no columns.

    Raises:
        ValueError: names the nearest known kind.
    """
    if kind not in COLUMNS:
        raise ValueError(f"`kind` has no layer-wise model: {kind!r}; {did_you_mean(kind, COLUMNS)}")


def check_columns(kind: str, rows: Array) -> None:
    """Refuse rows of another width, and sizes that no layer has.

    Args:
        kind: `conv`, `dense` or `pool`.
        rows: `(n, 16)`, `(n, 5)` or `(n, 10)`.

    Raises:
        ValueError: if the width is not that of the kind, or a size other than padding is not
            positive and finite.
    """
    check_kind(kind)
    names = COLUMNS[kind]
    if rows.ndim != 2 or rows.shape[1] != len(names):
        raise ValueError(f"`rows` of kind {kind!r} must be (n, {len(names)}), got {rows.shape}")
    least = np.array([0.0 if name.startswith("padding") else 1.0 for name in names])
    bad = ~np.isfinite(rows) | (rows < least)
    if bad.any():
        row, column = np.argwhere(bad)[0]
        raise ValueError(
            f"`rows` of kind {kind!r} must be finite and at least 1 (padding: 0), got "
            f"{names[column]} = {rows[row, column]} in row {row}"
        )


def conv_columns(
    *,
    batch: Array,
    in_channels: Array,
    out_channels: Array,
    side: Array,
    kernel: Array,
    stride: Array,
    padding: Array,
) -> Array:
    """Columns of square convolutions on square images, `(n, 16)`.

    Args:
        batch: `(n,)` images.
        in_channels: `(n,)`.
        out_channels: `(n,)`.
        side: `(n,)`, of the input, in pixels.
        kernel: `(n,)`, side of the filter, in pixels.
        stride: `(n,)`, in pixels.
        padding: `(n,)`, on each side, in pixels.
    """
    out = np.floor((side + 2 * padding - kernel) / stride) + 1
    return np.column_stack(
        [
            *(batch, out, out, out_channels),
            *(kernel, kernel, in_channels, out_channels),
            *(padding, padding, stride, stride),
            *(batch, side, side, in_channels),
        ]
    )


def dense_columns(*, batch: Array, in_features: Array, out_features: Array) -> Array:
    """Columns of dense layers, `(n, 5)`; each argument `(n,)`."""
    one = np.ones(len(batch))
    return np.column_stack([batch, out_features, one, one, in_features])


def pool_columns(
    *, batch: Array, channels: Array, side: Array, kernel: Array, stride: Array, padding: Array
) -> Array:
    """Columns of square poolings on square images, `(n, 10)`; arguments as in `conv_columns`."""
    out = np.floor((side + 2 * padding - kernel) / stride) + 1
    return np.column_stack([batch, out, out, channels, kernel, kernel, stride, stride, side, side])
