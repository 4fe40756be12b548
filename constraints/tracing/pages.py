"""A layer while it runs: sums over its operators, and the kind and shape of its heaviest.

It keeps numbers only; a tensor kept here would seem to be alive in the network.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from .calls import Call
from .geometry import geometry_of
from .network_trace import Geometry, Layer, Shape
from .operators import RESHAPE


@dataclass
class Page:
    """One layer that is being written; mutable.

    Attributes:
        name: of the layer.
        input_shape: of its first tensor.
        fixed_kind: its kind if its module tells it; otherwise its heaviest operator does.
    """

    name: str
    input_shape: Shape
    fixed_kind: str | None = None
    parameters: int = 0
    operators: list[str] = field(default_factory=list)
    _macs: Counter[str] = field(default_factory=Counter)
    _activation_bytes: int = 0
    _traffic_bytes: int = 0
    _operations: int = 0
    _kind: str = RESHAPE
    _weight: tuple[int, int] = (0, 0)
    _geometry: Geometry | None = None
    _geometry_macs: int = -1

    def add(self, call: Call, *, has_parameter: bool) -> None:
        """Write down a call.

        Args:
            call: of an operator, while this layer runs.
            has_parameter: whether it took a parameter of the network.
        """
        self.operators.append(call.operator.name)
        self._activation_bytes += call.new_bytes
        self._traffic_bytes += call.traffic_bytes
        self._operations += call.operator.counted
        count = 0
        if call.macs is not None:
            name, count = call.macs
            self._macs[name] += count
        weight = (count, call.traffic_bytes)
        if call.operator.counted and weight > self._weight:
            self._weight, self._kind = weight, kind_of(call, has_parameter=has_parameter)
        if count > self._geometry_macs:
            self._see_geometry(call, count)

    def layer(self, output_shape: Shape) -> Layer:
        """What was written, when the layer has ended."""
        return Layer(
            name=self.name,
            kind=self.fixed_kind or self._kind,
            operators=tuple(self.operators),
            input_shape=self.input_shape,
            output_shape=output_shape,
            geometry=self._geometry,
            macs_by=dict(self._macs),
            parameters=self.parameters,
            activation_bytes=self._activation_bytes,
            traffic_bytes=self._traffic_bytes,
            operations=self._operations,
        )

    def _see_geometry(self, call: Call, macs: int) -> None:
        geometry = geometry_of(call.operator.name, call.args, call.out)
        if geometry is not None:
            self._geometry, self._geometry_macs = geometry, macs


def kind_of(call: Call, *, has_parameter: bool) -> str:
    """The kind of layer that would make this call alone."""
    kind = call.operator.kind
    if kind == "matmul" and has_parameter:
        return "linear"
    if kind != "conv":
        return kind
    weight, transposed, groups = call.args[1], call.args[6], call.args[8]
    if transposed:
        return "transposed conv"
    if groups == 1:
        return "conv"
    return "depthwise conv" if weight.shape[1] == 1 else "grouped conv"
