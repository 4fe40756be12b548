"""torch's own shortcut through a transformer's encoder layer in inference, as a CPU takes it.

`nn.TransformerEncoderLayer` then calls one kernel that holds less at once than its parts do: the
projections are split and dropped, and what can be done in place is. Tensors without values are not
let through there, so it is written out here.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from .kernels import CpuKernels, Kernels


@contextmanager
def encoder_layers_as_on(kernels: Kernels, network: nn.Module) -> Iterator[None]:
    """Run the encoder layers of a network in evaluation as the device would.

    Args:
        kernels: only a CPU's change anything.
        network: whose layers' `forward` is replaced meanwhile.
    """
    layers = [m for m in network.modules() if type(m) is nn.TransformerEncoderLayer]
    replaced = [m for m in layers if isinstance(kernels, CpuKernels) and _takes_shortcut(m)]
    for layer in replaced:
        layer.forward = partial(_forward, layer)  # type: ignore[method-assign]
    try:
        yield
    finally:
        for layer in replaced:
            del layer.forward


def _takes_shortcut(layer: nn.TransformerEncoderLayer) -> bool:
    attention = layer.self_attn
    return bool(
        torch.backends.mha.get_fastpath_enabled()
        and attention.batch_first
        and attention.in_proj_bias is not None
        and attention._qkv_same_embed_dim
        and layer.activation_relu_or_gelu
        and layer.norm1.eps == layer.norm2.eps
        and attention.num_heads % 2 == 0
    )


def _forward(layer: nn.TransformerEncoderLayer, src: Tensor, *masks: Any, **named: Any) -> Tensor:
    if src.dim() != 3:
        return nn.TransformerEncoderLayer.forward(layer, src, *masks, **named)
    x = layer.norm1(src) if layer.norm_first else src
    x = _attention(layer.self_attn, x).add_(src)
    if not layer.norm_first:
        x = layer.norm1(x)
    return _feed_forward(layer, x)


def _attention(attention: nn.MultiheadAttention, x: Tensor) -> Tensor:
    batch, length, width = x.shape
    heads = attention.num_heads
    qkv = torch.nn.functional.linear(x, attention.in_proj_weight, attention.in_proj_bias)
    split = qkv.view(batch, length, 3, heads, width // heads).permute(2, 0, 3, 1, 4).contiguous()
    del qkv
    query, key, value = (part.flatten(0, 1) for part in split)
    weights = torch.bmm(query, key.transpose(1, 2))
    weights.exp_()  # stands for the softmax, which is in place there
    torch.bmm(weights, value, out=query)
    del weights
    mixed = query.view(batch, heads, length, -1).transpose(1, 2).reshape(batch, length, width)
    return attention.out_proj(mixed)  # type: ignore[no-any-return]


def _feed_forward(layer: nn.TransformerEncoderLayer, x: Tensor) -> Tensor:
    inner = layer.norm2(x) if layer.norm_first else x
    inner = layer.linear1(inner).relu_()
    inner = layer.linear2(inner).add_(x)
    return inner if layer.norm_first else layer.norm2(inner)  # type: ignore[no-any-return]
