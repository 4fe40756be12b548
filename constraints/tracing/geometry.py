"""The shapes of one call of a convolution, matrix product or pool."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .network_trace import Geometry, Shape

MATRIX_PRODUCTS = {"mm": 0, "addmm": 1, "bmm": 0, "baddbmm": 1}  # where the factors begin
POOLS_OVER_WINDOWS = {
    "max_pool2d_with_indices": 2,
    "max_pool3d_with_indices": 3,
    "avg_pool1d": 1,
    "avg_pool2d": 2,
    "avg_pool3d": 3,
}
DILATED_POOLS = frozenset({"max_pool2d_with_indices", "max_pool3d_with_indices"})


def geometry_of(name: str, args: Sequence[Any], out: Any) -> Geometry | None:
    """The geometry of a call; None for operators that have none.

    Args:
        name: of the operator, without what marks it as in-place.
        args: as the operator takes them, by position.
        out: what it gave.
    """
    if name == "convolution":
        return _convolution(args, out)
    if name in MATRIX_PRODUCTS:
        return _product(args[MATRIX_PRODUCTS[name] :], out)
    if name in POOLS_OVER_WINDOWS:
        return _window_pool(name, args, out)
    if ("adaptive" in name and "pool" in name) or _is_global_pool(name, out):
        return _adaptive_pool(args[0], out)
    return None


def _convolution(args: Sequence[Any], out: Any) -> Geometry:
    x, weight, _, stride, padding, dilation, transposed, _, groups = args[:9]
    kernel = tuple(weight.shape[2:])
    return Geometry(
        "transposed conv" if transposed else "conv",
        tuple(x.shape),
        tuple(out.shape),
        weight_shape=tuple(weight.shape),
        kernel=kernel,
        stride=_sides(stride, len(kernel)),
        padding=_sides(padding, len(kernel)),
        dilation=_sides(dilation, len(kernel)),
        groups=groups,
    )


def _product(factors: Sequence[Any], out: Any) -> Geometry:
    left, right = factors[:2]
    weight = (*right.shape[:-2], right.shape[-1], right.shape[-2])
    return Geometry("linear", tuple(left.shape), tuple(out.shape), weight_shape=weight)


def _window_pool(name: str, args: Sequence[Any], out: Any) -> Geometry:
    first = out[0] if isinstance(out, tuple) else out
    sides = POOLS_OVER_WINDOWS[name]
    kernel = _sides(args[1], sides)
    given = dict(enumerate(args))
    dilation = given.get(4, 1) if name in DILATED_POOLS else 1
    return Geometry(
        "pool",
        tuple(args[0].shape),
        tuple(first.shape),
        kernel=kernel,
        stride=_sides(given.get(2) or kernel, sides),
        padding=_sides(given.get(3, 0), sides),
        dilation=_sides(dilation, sides),
    )


def _is_global_pool(name: str, out: Any) -> bool:
    """A mean over whole images that keeps its sides: what a pool to one value is taken apart to."""
    return name == "mean" and out.dim() > 2 and set(out.shape[2:]) == {1}


def _adaptive_pool(x: Any, out: Any) -> Geometry:
    """As the window pool that it is when sides divide."""
    first = out[0] if isinstance(out, tuple) else out
    pairs = list(zip(x.shape[2:], first.shape[2:], strict=True))
    stride = tuple(into // onto for into, onto in pairs)
    kernel = tuple(
        into - (onto - 1) * step for (into, onto), step in zip(pairs, stride, strict=True)
    )
    zeros, ones = (0,) * len(kernel), (1,) * len(kernel)
    return Geometry("pool", tuple(x.shape), tuple(first.shape), (), kernel, stride, zeros, ones)


def _sides(value: Any, count: int) -> Shape:
    """One number for each side: torch takes one for all.

    >>> _sides(2, 2), _sides([3], 2), _sides((1, 2), 2)
    ((2, 2), (3, 3), (1, 2))
    """
    values = (value,) if isinstance(value, int) else tuple(value)
    return values * count if len(values) == 1 else values
