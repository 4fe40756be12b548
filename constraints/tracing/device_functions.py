"""Replaces functions of torch for which a device has other kernels than a tensor without values.

- `scaled_dot_product_attention` would be taken apart into products that hold all weights of the
  attention at once; a device that fuses them never does (5.6 times the memory was seen).
- `lstm` would be taken apart into its steps; a CPU has one kernel for a layer and direction, and
  takes the other recurrent layers apart in an order of its own.

It follows calls of torch's functions, so that it does not matter by which name a network knows
them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Self

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from .kernels import CpuKernels, Kernels
from .recurrent import lstm_by_layers
from .recurrent_cells import by_steps

aten = torch.ops.aten
SCALED_DOT_PRODUCT_ATTENTION = functional.scaled_dot_product_attention


class DeviceFunctions(TorchFunctionMode):
    """Inside it, attention and LSTMs run as they would on a device."""

    def __init__(self, kernels: Kernels) -> None:
        super().__init__()
        attention = _on_cpu if isinstance(kernels, CpuKernels) else _on_gpu
        self._instead: dict[object, Callable[..., Any]] = {SCALED_DOT_PRODUCT_ATTENTION: attention}
        self._attention = attention
        if isinstance(kernels, CpuKernels):
            self._instead[torch.lstm] = lstm_by_layers
            for whole in (torch.gru, torch.rnn_tanh, torch.rnn_relu):
                self._instead[whole] = partial(by_steps, whole)

    def __enter__(self) -> Self:
        # `multi_head_attention_forward` finds it there, past any mode
        vars(functional)["scaled_dot_product_attention"] = self._attention
        super().__enter__()  # type: ignore[no-untyped-call]  # torch
        return self

    def __exit__(self, *raised: Any) -> None:
        super().__exit__(*raised)  # type: ignore[no-untyped-call]  # torch
        vars(functional)["scaled_dot_product_attention"] = SCALED_DOT_PRODUCT_ATTENTION

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call a function of torch, or what a device would run for it."""
        return self._instead.get(func, func)(*args, **(kwargs or {}))


def _on_cpu(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Fused, unless there is dropout, a mask that learns, or fewer than four dimensions."""
    plain = attn_mask is None or not attn_mask.requires_grad
    same_width = query.shape[-1] == key.shape[-1] == value.shape[-1]
    same_heads = query.dim() == 4 and query.shape[1] == key.shape[1]
    if dropout_p or not (plain and same_width and same_heads):
        return SCALED_DOT_PRODUCT_ATTENTION(
            query, key, value, attn_mask, dropout_p, is_causal, scale=scale, enable_gqa=enable_gqa
        )
    out: Tensor = aten._scaled_dot_product_flash_attention_for_cpu(
        query, key, value, 0.0, is_causal, attn_mask=attn_mask, scale=scale
    )[0]
    return out


def _on_gpu(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:
    """Fused, unless there are fewer than four dimensions."""
    if query.dim() != 4 or key.shape[1] != query.shape[1]:
        return SCALED_DOT_PRODUCT_ATTENTION(
            query, key, value, attn_mask, dropout_p, is_causal, scale=scale, enable_gqa=enable_gqa
        )
    learns = any(tensor.requires_grad for tensor in (query, key, value))
    bias = _as_bias(attn_mask, query, key)
    out: Tensor = aten._scaled_dot_product_efficient_attention(
        query, key, value, bias, learns, dropout_p, is_causal, scale=scale
    )[0]
    return out


def _as_bias(mask: Tensor | None, query: Tensor, key: Tensor) -> Tensor | None:
    """The mask as numbers that are added, as the kernel wants it: one view for all heads."""
    if mask is None:
        return None
    if mask.dtype == torch.bool:
        mask = mask.to(query.dtype)
    return mask.expand(*query.shape[:3], key.shape[2])
