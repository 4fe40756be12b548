"""Memory that a CPU's LSTM kernel takes for itself (oneDNN, under torch).

In training it keeps gates and states of all steps for the backward pass; it copies the weights, and
writes the gates of all steps into a scratchpad. The sizes are fitted to torch's allocator events
(torch 2.14, AVX2, 8 shapes): the workspace within 4 %, oneDNN's padding and alignment left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

FLOAT_BYTES = 4
GATES = 4
SMALL_BUFFERS_BYTES = 20_480  # five pages; four to seven were seen
TRAINING = 15  # position of the argument
FORWARD, BACKWARD = "aten::mkldnn_rnn_layer", "aten::mkldnn_rnn_layer_backward"


def with_workspace(name: str, args: Sequence[Any], out: Any) -> Any:
    """A layer's results with the workspace that torch leaves empty without values.

    Args:
        name: of the operator, as torch's schema has it; only the forward kernel's is changed.
        args: by position.
        out: output, hidden state, cell state, workspace.
    """
    if name != FORWARD:
        return out
    steps, items, width = args[0].shape
    units = args[5].shape[-1]
    kept = FLOAT_BYTES * steps * items * (10 * units + 6 * max(width, units))
    workspace = torch.empty(kept if args[TRAINING] else 0, dtype=torch.uint8, device="meta")
    return (*out[:3], workspace)


def lstm_bytes(name: str, args: Sequence[Any], out: Any) -> int:
    """The most a layer holds at once, its results included; 0 for any other operator.

    Args:
        name: of the operator, as torch's schema has it.
        args: by position.
        out: what it gave.
    """
    if name not in (FORWARD, BACKWARD):
        return 0
    steps, items, _ = args[0].shape
    units = args[5].shape[-1]
    weights = FLOAT_BYTES * sum(weight.numel() for weight in args[1:4])
    scratch = FLOAT_BYTES * steps * items * GATES * units + SMALL_BUFFERS_BYTES
    results = sum(part.numel() * part.itemsize for part in out if isinstance(part, Tensor))
    return int(results + weights + scratch)
