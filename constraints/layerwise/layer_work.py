"""What a layer does, as amounts: sizes, multiplications, memory moved, and lanes left empty.

The columns of NeuralPower (columns.py) say what shape a layer has; a learner has to find out how
often it multiplies and what it moves. Here these are said outright. A vector unit works on 8 or 16
numbers at once and a layer of 17 channels takes as long as one of 32, so the channels rounded up to
full lanes stand beside the channels themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from ..domains import Array
from .columns import CONV, DENSE, POOL, check_columns

# Of float32 in 64 bytes, one cache line. Measured RMSPE of conv time: 11.1 % at 8 and here, 10.6 %
# at 32.
LANES = 16

WORK: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        CONV: (
            *("batch", "in_channels", "out_channels", "in_pixels", "out_pixels", "out_width"),
            *("kernel_height", "kernel_width", "stride_height", "stride_width"),
            *("macs", "lane_macs", "in_numbers", "out_numbers", "weights", "windows"),
            *("full_out_lanes", "out_lane_rest", "in_lane_rest"),
        ),
        DENSE: (
            *("batch", "in_features", "out_features"),
            *("macs", "lane_macs", "in_numbers", "out_numbers", "weights", "moved"),
            *("full_out_lanes", "batch_rest", "out_lane_rest", "in_lane_rest"),
        ),
        POOL: (
            *("batch", "channels", "in_pixels", "out_pixels", "out_width"),
            *("kernel_height", "kernel_width", "stride_height", "stride_width"),
            *("compared", "in_numbers", "out_numbers", "planes"),
            *("full_lanes", "lane_rest"),
        ),
    }
)


def layer_work(kind: str, rows: Array) -> Array:
    """Amounts of work of layers of one kind, none negative.

    Args:
        kind: `conv`, `dense` or `pool`.
        rows: raw columns, see `COLUMNS`.

    Returns:
        `(n, d)`, columns as in `WORK`.

    Raises:
        ValueError: if the kind is unknown, or a row is not one of that kind.

    >>> names = WORK["dense"]
    >>> row = layer_work("dense", np.array([[8.0, 10.0, 1.0, 1.0, 64.0]]))[0]
    >>> row[names.index("macs")], row[names.index("lane_macs")]
    (np.float64(5120.0), np.float64(8192.0))
    """
    check_columns(kind, rows)
    if kind == CONV:
        return _conv(rows)
    return _dense(rows) if kind == DENSE else _pool(rows)


def _conv(rows: Array) -> Array:
    n, h_out, w_out, _, kh, kw, c_in, c_out = rows[:, :8].T
    stride_h, stride_w, _, h_in, w_in = rows[:, 10:15].T
    out_pixels, windows = h_out * w_out, n * h_out * w_out * kh * kw * c_in
    return np.column_stack(
        [
            *(n, c_in, c_out, h_in * w_in, out_pixels, w_out, kh, kw, stride_h, stride_w),
            *(windows * c_out, windows * LANES * _lanes(c_out)),
            *(n * h_in * w_in * c_in, n * out_pixels * c_out, kh * kw * c_in * c_out, windows),
            *(_lanes(c_out) * LANES, c_out % LANES, c_in % LANES),
        ]
    )


def _dense(rows: Array) -> Array:
    n, out = rows[:, 0], rows[:, 1]
    features = rows[:, 2:].prod(axis=1)
    read, written, weights = n * features, n * out, features * out
    return np.column_stack(
        [
            *(n, features, out, read * out, read * LANES * _lanes(out)),
            *(read, written, weights, read + written + weights),
            *(_lanes(out) * LANES, n % LANES, out % LANES, features % LANES),
        ]
    )


def _pool(rows: Array) -> Array:
    n, h_out, w_out, channels, kh, kw, stride_h, stride_w, h_in, w_in = rows.T
    written = n * h_out * w_out * channels
    return np.column_stack(
        [
            *(n, channels, h_in * w_in, h_out * w_out, w_out, kh, kw, stride_h, stride_w),
            *(written * kh * kw, n * h_in * w_in * channels, written, n * channels),
            *(_lanes(channels) * LANES, channels % LANES),
        ]
    )


def _lanes(channels: Array) -> Array:
    return np.asarray(np.ceil(channels / LANES))
