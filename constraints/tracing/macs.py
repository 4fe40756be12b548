"""Multiply-accumulates of one call of an operator, by class.

Matrix products and attention follow torch's own registry of formulas. Convolutions have ours: the
gradient to the input and that to the weight cost what the forward pass costs, each, with groups too
(the registry's formula counts the weight's gradient of a grouped convolution `groups` times).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import torch
from torch.utils.flop_counter import flop_registry

if TYPE_CHECKING:
    from torch._ops import OpOverload

Arguments = Sequence[Any]
Formula = Callable[[Arguments, Any], int]
aten = torch.ops.aten
FLASH = flop_registry[aten._scaled_dot_product_flash_attention]
FLASH_BACKWARD = flop_registry[aten._scaled_dot_product_flash_attention_backward]


def macs_of(
    function: OpOverload, args: Arguments, kwargs: Mapping[str, Any], out: object
) -> tuple[str, int] | None:
    """Class and multiply-accumulates of a call; None for an operator that has no formula."""
    packet = function.overloadpacket
    if packet in CONVOLUTIONS:
        return _class_of_convolution(args, packet), CONVOLUTIONS[packet](args, out)
    if packet in OWN:
        name, formula = OWN[packet]
        return name, formula(args, out)
    if packet in flop_registry:
        name = "attention" if "attention" in packet.__name__ else "matmul"
        return name, int(flop_registry[packet](*args, **kwargs, out_val=out)) // 2
    return None


def _class_of_convolution(args: Arguments, packet: object) -> str:
    weight = args[2] if packet is aten.convolution_backward else args[1]
    groups = args[9] if packet is aten.convolution_backward else args[8]
    return "depthwise" if groups > 1 and weight.shape[1] == 1 else "conv"


def _convolution(args: Arguments, out: Any) -> int:
    x, weight, transposed = args[0], args[1], args[6]
    return _convolved(x.shape if transposed else out.shape, weight.shape)


def _convolution_backward(args: Arguments, out: object) -> int:
    gradient, x, weight, transposed, wanted = args[0], args[1], args[2], args[7], args[10]
    once = _convolved(x.shape if transposed else gradient.shape, weight.shape)
    return once * (int(wanted[0]) + int(wanted[1]))


def _convolved(places: Sequence[int], weight: Sequence[int]) -> int:
    """Each value on the side of the weight's first dimension meets the rest of the weight once."""
    return prod(places) * prod(weight[1:])


def _recurrent(args: Arguments, out: object) -> int:
    x, into_gates, gates = args[0], args[1], args[2]
    return int(prod(x.shape[:2]) * (into_gates.numel() + gates.numel()))


CONVOLUTIONS: dict[object, Formula] = {
    aten.convolution: _convolution,
    aten.convolution_backward: _convolution_backward,
}
OWN: dict[object, tuple[str, Formula]] = {
    aten.mv: ("matmul", lambda args, out: int(args[0].numel())),
    aten.dot: ("matmul", lambda args, out: int(args[0].numel())),
    aten.addmv: ("matmul", lambda args, out: int(args[1].numel())),
    aten.mkldnn_rnn_layer: ("matmul", _recurrent),
    aten.mkldnn_rnn_layer_backward: ("matmul", lambda args, out: 2 * _recurrent(args, out)),
    aten._scaled_dot_product_flash_attention_for_cpu: (
        "attention",
        lambda args, out: int(FLASH(*args[:3], out_val=out)) // 2,
    ),
    aten._scaled_dot_product_flash_attention_for_cpu_backward: (
        "attention",
        lambda args, out: int(FLASH_BACKWARD(*args[:4], out_val=out)) // 2,
    ),
}
