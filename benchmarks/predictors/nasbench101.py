"""NAS-Bench-101 cells written out as networks: operations, traffic and parameters by kind of layer.

A network is a 3x3 stem of 128 channels on 32x32 pixels, three stacks of three cells with 128, 256
and 512 channels, a 2x2 pooling before the second and third stack, and a classifier of ten classes.
Inside a cell, the vertices that lead to the output share its channels evenly, others have the most
channels of those they lead to; an edge from the input is a 1x1 projection; inputs of a vertex are
cut to its channels and added; what leads to the output is concatenated.

References:
    [Ying2019] C. Ying, A. Klein, E. Real, E. Christiansen, K. Murphy, F. Hutter. NAS-Bench-101:
        Towards Reproducible Neural Architecture Search. ICML 2019.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEM_CHANNELS, SIDE, CLASSES = 128, 32, 10
STACKS, CELLS = 3, 3
CONV3, CONV1, POOL = 0, 1, 2
Matrix = NDArray[np.int64]


@dataclass(frozen=True)
class Layer:
    """One kernel of the network, for one image.

    Attributes:
        kind: `conv3`, `conv1`, `projection`, `pool`, `add`, `concat`, `down` or `classifier`.
        macs: multiply-accumulate operations.
        parameters: trainable, those of its normalisation included.
        elements: read and written, weights not counted.
        channels: of its output.
        side: of its output, in pixels.
    """

    kind: str
    macs: int
    parameters: int
    elements: int
    channels: int
    side: int


def network_layers(adjacency: Matrix, ops: Sequence[int]) -> list[Layer]:
    """All layers of the network made of a cell.

    Args:
        adjacency: `(v, v)`, upper triangular; vertex 0 is the input, the last one the output.
        ops: `(v,)`, 0 conv3x3, 1 conv1x1, 2 maxpool3x3 for the vertices inside.
    """
    layers = [_conv("conv3", 3, 3, STEM_CHANNELS, SIDE)]
    channels, side = STEM_CHANNELS, SIDE
    for stack in range(STACKS):
        if stack:
            layers.append(Layer("down", 0, 0, channels * side**2 * 5 // 4, channels, side // 2))
            side //= 2
        out = STEM_CHANNELS * 2**stack
        for _ in range(CELLS):
            layers += cell_layers(adjacency, ops, channels, out, side)
            channels = out
    classifier = channels * CLASSES
    return [*layers, Layer("classifier", classifier, classifier + CLASSES, channels, CLASSES, 1)]


def cell_layers(
    adjacency: Matrix, ops: Sequence[int], channels_in: int, channels_out: int, side: int
) -> Iterator[Layer]:
    """The layers of one cell, in order.

    Args:
        adjacency: `(v, v)`, upper triangular.
        ops: `(v,)`.
        channels_in: of the cell's input.
        channels_out: of its output.
        side: of both, in pixels.
    """
    last = len(adjacency) - 1
    width = vertex_channels(adjacency, channels_in, channels_out)
    pixels = side**2
    for v in range(1, last):
        sources = int(adjacency[1:v, v].sum()) + int(adjacency[0, v])
        if adjacency[0, v]:
            yield _conv("projection", 1, channels_in, width[v], side)
        if sources > 1:
            yield Layer("add", 0, 0, (sources + 1) * width[v] * pixels, width[v], side)
        if ops[v] == POOL:
            yield Layer("pool", 0, 0, 2 * width[v] * pixels, width[v], side)
        else:
            kind, kernel = ("conv3", 3) if ops[v] == CONV3 else ("conv1", 1)
            yield _conv(kind, kernel, width[v], width[v], side)
    joined = int(adjacency[1:last, last].sum())
    if joined > 1:
        yield Layer("concat", 0, 0, 2 * channels_out * pixels, channels_out, side)
    if adjacency[0, last] or not joined:
        yield _conv("projection", 1, channels_in, channels_out, side)
    if adjacency[0, last] and joined:
        yield Layer("add", 0, 0, 3 * channels_out * pixels, channels_out, side)


def vertex_channels(adjacency: Matrix, channels_in: int, channels_out: int) -> list[int]:
    """Channels of each vertex of a cell [Ying2019].

    >>> vertex_channels(np.triu(np.ones((4, 4), int), 1), 128, 256)
    [128, 128, 128, 256]
    """
    last = len(adjacency) - 1
    width = [0] * last + [channels_out]
    width[0] = channels_in
    to_output = [v for v in range(1, last) if adjacency[v, last]]
    for place, v in enumerate(to_output):
        share, left = divmod(channels_out, len(to_output))
        width[v] = share + (place < left)
    for v in range(last - 1, 0, -1):
        if not adjacency[v, last]:
            width[v] = max((width[to] for to in range(v + 1, last) if adjacency[v, to]), default=0)
    return width


def longest_path(adjacency: Matrix, weights: Sequence[float]) -> float:
    """The greatest sum of vertex weights from input to output."""
    reach = np.full(len(adjacency), -np.inf)
    reach[0] = weights[0]
    for v in range(1, len(adjacency)):
        sources = np.flatnonzero(adjacency[:v, v])
        if len(sources):
            reach[v] = reach[sources].max() + weights[v]
    return float(reach[-1])


def _conv(kind: str, kernel: int, channels_in: int, channels_out: int, side: int) -> Layer:
    """A convolution without bias, then normalisation and ReLU over its output."""
    weights = kernel**2 * channels_in * channels_out
    pixels = side**2
    elements = (channels_in + 3 * channels_out) * pixels  # normalised in place: read and written
    return Layer(kind, weights * pixels, weights + 2 * channels_out, elements, channels_out, side)
