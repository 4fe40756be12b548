"""GRUs and plain recurrent layers as a CPU runs them: step by step, inputs of all steps first.

What the input adds to the gates is computed for all steps at once and lies in memory meanwhile;
other devices do so step by step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from .recurrent import Settings

Cell = Callable[[Tensor, Tensor], Tensor]  # from what the input adds, and a state's gates


def by_steps(whole: Callable[..., Any], *args: Any) -> Any:
    """`torch.gru`, `torch.rnn_tanh` or `torch.rnn_relu` on tensors without values.

    Args:
        whole: which of them.
        args: as it takes them; sequences packed by length are left to it.
    """
    x, hx, weights = args[:3]
    if isinstance(weights, Tensor):  # packed: data, sizes, states
        return whole(*args)
    settings = Settings(*args[3:])
    x = x.transpose(0, 1) if settings.batch_first else x
    last: list[Tensor] = []
    states = hx.unbind(0)
    for layer in range(settings.layers):
        outs = []
        for direction in range(settings.directions):
            index = layer * settings.directions + direction
            own = settings.weights_of(weights, index)
            outs.append(_direction(whole, x, states[index], own, bool(direction), last))
        x = outs[0] if settings.directions == 1 else torch.cat(outs, -1)
        x = settings.dropped(x, layer)
    return (x.transpose(0, 1) if settings.batch_first else x), torch.stack(last)


def _direction(
    whole: Callable[..., Any],
    x: Tensor,
    state: Tensor,
    weights: Sequence[Tensor],
    reverse: bool,
    last: list[Tensor],
) -> Tensor:
    into, between, *biases = weights
    first, second = biases or (None, None)
    steps = functional.linear(x, into, first).unbind(0)
    outs = []
    for step in reversed(steps) if reverse else steps:
        state = _next(whole, step, state, partial(functional.linear, weight=between, bias=second))
        outs.append(state)
    last.append(state)
    return torch.stack(outs[::-1] if reverse else outs)


def _next(
    whole: Callable[..., Any], step: Tensor, state: Tensor, gates_of: Callable[[Tensor], Tensor]
) -> Tensor:
    if whole is not torch.gru:
        activation = torch.tanh if whole is torch.rnn_tanh else torch.relu
        return activation(gates_of(state).add_(step))
    inputs, gates = step.unsafe_chunk(3, 1), gates_of(state).unsafe_chunk(3, 1)
    reset = gates[0].add_(inputs[0]).sigmoid_()
    update = gates[1].add_(inputs[1]).sigmoid_()
    new = inputs[2].add(gates[2].mul_(reset)).tanh_()
    return (state - new).mul_(update).add_(new)
