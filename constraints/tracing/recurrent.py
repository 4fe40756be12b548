"""An LSTM as a CPU runs it: one kernel for each layer and direction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

LSTM = 2  # as the kernel numbers its modes


@dataclass(frozen=True)
class Settings:
    """As torch's recurrent functions take them, by position.

    Attributes:
        has_biases: whether each direction has two beside its two weights.
        layers: one after the other.
        dropout: share silenced between layers.
        training: whether it is.
        bidirectional: whether each layer also runs backwards.
        batch_first: whether the batch comes before time.
    """

    has_biases: bool
    layers: int
    dropout: float
    training: bool
    bidirectional: bool
    batch_first: bool

    @property
    def directions(self) -> int:
        """Of each layer."""
        return 2 if self.bidirectional else 1

    def weights_of(self, weights: Sequence[Tensor], index: int) -> Sequence[Tensor]:
        """Those of one layer and direction, counted through."""
        each = 4 if self.has_biases else 2
        return weights[index * each : (index + 1) * each]

    def dropped(self, x: Tensor, layer: int) -> Tensor:
        """What the next layer gets."""
        is_silenced = self.dropout and self.training and layer < self.layers - 1
        return functional.dropout(x, self.dropout) if is_silenced else x


def lstm_by_layers(
    x: Tensor, hx: Sequence[Tensor], weights: Sequence[Tensor], *rest: Any
) -> tuple[Tensor, Tensor, Tensor]:
    """`torch.lstm` on tensors without values.

    Args:
        x: `(time, batch, features)`, or batch first.
        hx: first hidden and cell states, `(layers * directions, batch, units)` each.
        weights: of each layer and direction: into the gates, between them, and their biases.
        rest: its settings.
    """
    is_packed = isinstance(hx, Tensor)
    if is_packed or hx[0].shape[-1] != hx[1].shape[-1]:  # projections have no such kernel
        whole: tuple[Tensor, Tensor, Tensor] = torch.lstm(x, hx, weights, *rest)  # type: ignore[call-overload]
        return whole
    settings = Settings(*rest)
    x = x.transpose(0, 1) if settings.batch_first else x
    x, hidden, cells = _run(x.contiguous(), hx, weights, settings)
    x = x.transpose(0, 1) if settings.batch_first else x
    return x, torch.stack(hidden), torch.stack(cells)


def _run(
    x: Tensor, hx: Sequence[Tensor], weights: Sequence[Tensor], settings: Settings
) -> tuple[Tensor, list[Tensor], list[Tensor]]:
    hidden, cells = [], []
    states = list(
        zip(hx[0].unbind(0), hx[1].unbind(0), _by_direction(weights, settings), strict=True)
    )
    for layer in range(settings.layers):
        outs = []
        for direction in range(settings.directions):
            h, c, own = states[layer * settings.directions + direction]
            out, h, c = _direction(x, h, c, own, bool(direction), settings)
            outs.append(out)
            hidden.append(h)
            cells.append(c)
        x = outs[0] if settings.directions == 1 else torch.cat(outs, -1)
        x = settings.dropped(x, layer)
    return x, hidden, cells


def _direction(
    x: Tensor, h: Tensor, c: Tensor, weights: Sequence[Tensor], reverse: bool, settings: Settings
) -> tuple[Tensor, Tensor, Tensor]:
    out, h, c, _ = torch.ops.aten.mkldnn_rnn_layer(
        x, *weights, h, c, reverse, [], LSTM, h.shape[-1], settings.layers,
        settings.has_biases, settings.bidirectional, False, settings.training,
    )  # fmt: skip
    return out, h, c


def _by_direction(weights: Sequence[Tensor], settings: Settings) -> Iterator[list[Tensor]]:
    """Four weights each; zeros stand for biases that are not there."""
    for index in range(settings.layers * settings.directions):
        own = list(settings.weights_of(weights, index))
        absent = 0 if settings.has_biases else 2
        yield own + [own[0].new_zeros(own[0].shape[0]) for _ in range(absent)]
