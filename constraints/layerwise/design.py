"""NeuralPower's design matrices: polynomial terms of a layer's columns, and its operation counts.

Widths with the intercept: convolution 128 for time and 128 for power, dense 22 and 66, pooling 87
and 94 [Cai2017, released scripts]. Time is a polynomial of degree 3 (dense: 2) in the sizes, power
one of degree 2 in the sizes and their logarithms.

References:
    [Cai2017] see columns.py.
"""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np

from ..domains import Array
from .columns import CONV, DENSE, check_columns

TIME = "time"
POWER = "power"
QUANTITIES = (TIME, POWER)

CONV_BASE = (0, 1, 2, 5, 6, 7, 13)  # N, Hout, Wout, kw, Cin, Cout, Hin
POOL_BASE = (0, 1, 2, 3, 4, 8)  # N, Hout, Wout, C, kh, Hin


def design(kind: str, quantity: str, rows: Array) -> Array:
    """The design matrix of layers of one kind; its first column is the intercept's, all ones.

    Args:
        kind: `conv`, `dense` or `pool`.
        quantity: `time` or `power`.
        rows: `(n, 16)`, `(n, 5)` or `(n, 10)`, see `COLUMNS`.

    Returns:
        `(n, width)`.

    Raises:
        ValueError: if the kind or quantity is unknown, or a row is not one of that kind.

    >>> design("dense", "time", np.array([[8.0, 10.0, 1.0, 1.0, 64.0]])).shape
    (1, 22)
    """
    check_columns(kind, rows)
    if quantity not in QUANTITIES:
        raise ValueError(f"`quantity` must be one of {', '.join(QUANTITIES)}, got {quantity!r}")
    base = _base(kind, rows)
    special = _special(kind, quantity, rows)
    if quantity == POWER:
        terms = products(np.column_stack([base, np.log2(base)]), 2)
    else:
        terms = products(base, 2 if kind == DENSE else 3)
    return np.column_stack([np.ones(len(rows)), terms, special])


def products(columns: Array, degree: int) -> Array:
    """All products of up to `degree` columns, repetition allowed, lower degrees first.

    Args:
        columns: `(n, d)`.
        degree: at least 1.

    >>> products(np.array([[2.0, 3.0]]), 2)
    array([[2., 3., 4., 6., 9.]])
    """
    width = range(columns.shape[1])
    chosen = [
        indices
        for order in range(1, degree + 1)
        for indices in combinations_with_replacement(width, order)
    ]
    return np.column_stack([columns[:, indices].prod(axis=1) for indices in chosen])


def _base(kind: str, rows: Array) -> Array:
    if kind == DENSE:
        return rows
    return rows[:, CONV_BASE if kind == CONV else POOL_BASE]


def _special(kind: str, quantity: str, rows: Array) -> Array:
    if kind == CONV:
        return _conv_operations(rows)
    if kind == DENSE:
        return rows.prod(axis=1, keepdims=True) if quantity == TIME else rows[:, :0]
    return _pool_operations(rows)


def _conv_operations(rows: Array) -> Array:
    n_out, h_out, w_out, _, kh, kw, c_in, c_out = rows[:, :8].T
    n, h_in, w_in = rows[:, 12:15].T
    multiplications = h_out * w_out * c_out * kh * kw * c_in
    return np.column_stack(
        [
            multiplications,
            n * multiplications,
            n * h_out * w_out * kh * kw * c_in,
            n_out * h_out * w_out * c_out,
            kh * kw * c_in * c_out,
            n * h_in * w_in * c_in,
            n * w_in * c_in,
            n * h_in * c_in,
        ]
    )


def _pool_operations(rows: Array) -> Array:
    n, h_out, w_out, c, kh, kw, _, _, h_in, w_in = rows.T
    return np.column_stack(
        [n * h_out * w_out * c * kh * kw, n * h_out * w_out * c, n * h_in * w_in * c]
    )
