"""Networks as lists of layers, which can be written down, drawn at random and kept in JSON.

["conv", features, kernel, stride, padding]    followed by ReLU
["max pool", kernel, stride]
["mean pool", kernel]
["linear", units]                              on what is left, flat; followed by ReLU
["dropout", share]
["classes"]                                    the last linear layer
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import nn

Layers = Sequence[Sequence[Any]]


def build_layers(layers: Layers, input_shape: Sequence[int], classes: int) -> nn.Module:
    """Build a network.

    Args:
        layers: as above.
        input_shape: channels, height, width.
        classes: to tell apart.

    Raises:
        ValueError: if a layer is of no known kind, or no pixel is left for it.
    """
    from torch import nn

    shape = tuple(input_shape)
    made: list[nn.Module] = []
    for kind, *numbers in layers:
        if kind in ("linear", "classes") and len(shape) > 1:
            made.append(nn.Flatten())
            shape = (shape[0] * shape[1] * shape[2],)
        more, shape = _layer(kind, numbers, shape, classes)
        made += more
    return nn.Sequential(*made, *([nn.Flatten()] if len(shape) > 1 else []))


def _layer(
    kind: str, numbers: Sequence[Any], shape: tuple[int, ...], classes: int
) -> tuple[list[nn.Module], tuple[int, ...]]:
    """The modules of one layer, and the shape that it gives."""
    from torch import nn

    if kind == "conv":
        features, kernel, stride, padding = numbers
        sides = _sides(shape, kernel, stride, padding)
        layer = nn.Conv2d(shape[0], features, kernel, stride, padding)
        return [layer, nn.ReLU()], (features, *sides)
    if kind in ("max pool", "mean pool"):
        kernel, stride = (*numbers, 1)[:2]
        pool = nn.MaxPool2d if kind == "max pool" else nn.AvgPool2d
        return [pool(kernel, stride)], (shape[0], *_sides(shape, kernel, stride, 0))
    if kind == "linear":
        return [nn.Linear(shape[0], numbers[0]), nn.ReLU()], (numbers[0],)
    if kind == "classes":
        return [nn.Linear(shape[0], classes)], (classes,)
    if kind == "dropout":
        return [nn.Dropout(numbers[0])], shape
    raise ValueError(f"there is no layer {kind!r}")


def _sides(shape: tuple[int, ...], kernel: int, stride: int, padding: int) -> tuple[int, int]:
    height, width = ((side + 2 * padding - kernel) // stride + 1 for side in shape[1:])
    if min(height, width) < 1:
        raise ValueError(f"no pixel of {shape} is left by a kernel of {kernel}")
    return height, width
