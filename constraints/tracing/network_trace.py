"""What a network does, as plain numbers: its layers, and the work of inference and training.

A multiply-accumulate counts once (`macs`), so twice that is what others call FLOPs. Traffic is what
operators read and write, each argument and each result once; a view (reshape, transpose, ...) is no
operator of its own. A peak is the most that lies in memory at one moment, what is held before the
step begins (parameters, buffers, inputs, the optimiser's state) included.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

MAC_CLASSES = ("conv", "depthwise", "matmul", "attention")
MEMORY_CLASSES = ("parameters", "buffers", "gradients", "optimizer", "input", "activations")

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Geometry:
    """Shapes of one convolution, pooling or matrix product, channels first as torch has them.

    Attributes:
        operator: `conv`, `transposed conv`, `linear` or `pool`.
        input_shape: of the operator, batch included.
        output_shape: the same.
        weight_shape: `(out, in / groups, *kernel)`, `(in, out / groups, *kernel)` if transposed,
            `(out, in)` if linear; empty for a pool.
        kernel: one side a dimension, in pixels; empty if linear.
        stride: as `kernel`.
        padding: as `kernel`, on each side.
        dilation: as `kernel`.
        groups: of channels; 1 for all but convolutions.
    """

    operator: str
    input_shape: Shape
    output_shape: Shape
    weight_shape: Shape = ()
    kernel: Shape = ()
    stride: Shape = ()
    padding: Shape = ()
    dilation: Shape = ()
    groups: int = 1

    @staticmethod
    def from_dict(row: Mapping[str, Any]) -> Geometry:
        """Back from plain values; lists become tuples."""
        return Geometry(**_with_tuples(row))


@dataclass(frozen=True)
class Layer:
    """One call of an innermost module in inference, or one operator called outside of any.

    Attributes:
        name: dotted path of the module; its second call is `path#2`, and an operator that a module
            with children calls by itself is `path.add`.
        kind: `conv`, `depthwise conv`, `grouped conv`, `transposed conv`, `linear`, `matmul`,
            `attention`, `pool`, `norm`, `embedding`, `activation`, `elementwise`, `reshape`,
            `recurrent` or `other`.
        operators: names of the aten operators that ran in it, in order.
        input_shape: of its first tensor; empty if it takes none.
        output_shape: of its first tensor; empty if it gives none.
        geometry: of its heaviest convolution, matrix product or pool; None if it has none.
        macs_by: multiply-accumulates by class, as in `MAC_CLASSES`.
        parameters: count; those of a reused module stand at its first call.
        activation_bytes: new memory that its operators asked for.
        traffic_bytes: read and written by its operators.
        operations: operators that are no views.
    """

    name: str
    kind: str
    operators: tuple[str, ...]
    input_shape: Shape
    output_shape: Shape
    geometry: Geometry | None
    macs_by: Mapping[str, int]
    parameters: int
    activation_bytes: int
    traffic_bytes: int
    operations: int

    @property
    def macs(self) -> int:
        """Multiply-accumulates of all classes."""
        return sum(self.macs_by.values())

    @staticmethod
    def from_dict(row: Mapping[str, Any]) -> Layer:
        """Back from plain values; lists become tuples."""
        geometry = row["geometry"]
        known = Geometry.from_dict(geometry) if geometry is not None else None
        return Layer(**{**_with_tuples(row), "geometry": known})


@dataclass(frozen=True)
class Work:
    """What the whole network does in one step.

    Attributes:
        macs: by class, as in `MAC_CLASSES`; all classes are there.
        traffic_bytes: read and written by operators.
        operations: operators that are no views.
        peak_bytes: the most that was alive at one moment.
        peak_by: what was alive then, by class, as in `MEMORY_CLASSES`; sums to `peak_bytes`.
    """

    macs: Mapping[str, int]
    traffic_bytes: int
    operations: int
    peak_bytes: int
    peak_by: Mapping[str, int]


@dataclass(frozen=True)
class NetworkTrace:
    """All that was traced of one network at one batch size.

    Attributes:
        layers: of inference, in the order they ran.
        parameters: count; what two modules share counts once.
        parameter_bytes: memory behind them.
        buffer_bytes: memory behind buffers (running means, masks, ...).
        batch_size: items in one inference.
        inference: of one batch in evaluation mode, without gradients.
        training: of one training step; None if it was not traced.
        unknown: calls of operators that have neither a formula nor a known class, by name; their
            traffic and memory are counted, their multiply-accumulates are not.
        training_batch_size: items in one training step; None if it was not traced.
    """

    layers: tuple[Layer, ...]
    parameters: int
    parameter_bytes: int
    buffer_bytes: int
    batch_size: int
    inference: Work
    training: Work | None
    unknown: Mapping[str, int]
    training_batch_size: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """As plain values, for JSON."""
        return asdict(self)

    @staticmethod
    def from_dict(row: Mapping[str, Any]) -> NetworkTrace:
        """Back from `to_dict`, also after JSON made lists of its tuples."""
        training = row["training"]
        return NetworkTrace(
            **{
                **row,
                "layers": tuple(Layer.from_dict(layer) for layer in row["layers"]),
                "inference": Work(**row["inference"]),
                "training": Work(**training) if training is not None else None,
            }
        )


def _with_tuples(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(v) if isinstance(v, list) else v for name, v in row.items()}
