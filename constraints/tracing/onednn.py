"""Memory that a CPU's convolutions take for themselves while they run (oneDNN, under torch).

A convolution copies its input, its weight and its output into blocks of channels, computes there
and copies the result back, so that for a moment several copies lie in memory. Where it is not used,
torch writes out the columns that it multiplies. A call's need is the most that it holds at once,
its results included, beyond what lay in memory before.

    forward     max(bias' + input' + weight' + output' + columns,  output' + output)
    to input    max(output' + weight' + input',  input' + input)              (' is the copy)
    to weight   input + max(output' + input' + weight' + bias',  weight' + weight + 2 bias)

Read from torch's allocator events, torch 2.14 with AVX2 and one thread; of 60 random convolutions
more than 9 in 10 are exact forward, and 3 in 4 backward. Which of its kernels oneDNN takes with
AVX-512 was not seen, only the block is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import torch
from torch import Tensor

from .kernels import CpuKernels

FLOAT_BYTES = 4
ALIGNMENT_BYTES = 128
STRIDED_SCRATCH_BYTES = 36_888  # grows by 16 KiB with channels: up to four times that was seen
SMALL_IMAGE = 20_480  # values of a single input below which torch takes columns: torch, use_mkldnn
MANY_ITEMS = 16  # from which torch takes oneDNN for plain 1 x 1 kernels too: torch, use_mkldnn
REDUCTIONS = 4  # copies of a weight's gradient when the image is smaller than the kernel


@dataclass(frozen=True)
class Convolution:
    """One convolution, seen as from its input to its output; sizes in values.

    Attributes:
        kernels: whose blocks and threads.
        items: in the batch.
        channels: of the input.
        features: of the output.
        sides: of the input.
        output_sides: of the output.
        kernel: one side a dimension.
        is_strided: whether a stride is above 1.
        is_dilated: whether a dilation is above 1.
        groups: of channels.
        has_bias: whether one is added.
    """

    kernels: CpuKernels
    items: int
    channels: int
    features: int
    sides: tuple[int, ...]
    output_sides: tuple[int, ...]
    kernel: tuple[int, ...]
    is_strided: bool
    is_dilated: bool
    groups: int
    has_bias: bool

    @property
    def is_blocked(self) -> bool:
        """Whether torch gives it to oneDNN."""
        threaded = self.items >= MANY_ITEMS or self.kernels.threads > 1
        worth = self.is_strided or self.is_dilated or threaded or prod(self.kernel) > 1
        wide = len(self.kernel) > 1 and min(self.kernel[-2:]) > 3
        large = self.items > 1 or self.items * self.channels * prod(self.sides) > SMALL_IMAGE
        return worth and (self.groups > 1 or wide or large)

    @property
    def is_depthwise(self) -> bool:
        """Whether each channel is alone."""
        return self.groups > 1 and self.groups == self.channels

    def forward_bytes(self) -> int:
        """Need of the forward pass."""
        output = self.items * self.features * prod(self.output_sides)
        if not self.is_blocked:
            return FLOAT_BYTES * (output * (2 if self.groups > 1 else 1) + self._columns())
        flat = self._is_flat()
        weight = self._weight(self.channels if flat else self._up(self.channels))
        blocks = weight + self._output() + (0 if flat else self._input())
        scratch = self._bias_bytes() + self._strided_bytes()
        return max(FLOAT_BYTES * blocks + scratch, FLOAT_BYTES * (self._output() + output))

    def to_input_bytes(self) -> int:
        """Need of the gradient to the input."""
        plain = self.items * self.channels * prod(self.sides)
        if not self.is_blocked:
            return FLOAT_BYTES * (plain + self._columns())
        if self.is_strided and self.groups == 1:
            output = self.items * self.features * prod(self.output_sides)
            together = output + self._weight(self._up(self.channels)) + plain
            copies = 3 if self.channels > 1 else 2
            return max(FLOAT_BYTES * together + STRIDED_SCRATCH_BYTES, FLOAT_BYTES * copies * plain)
        together = self._output() + self._weight(self._up(self.channels)) + self._input()
        return FLOAT_BYTES * max(together, self._input() + plain)

    def to_weight_bytes(self) -> int:
        """Need of the gradients to weight and bias."""
        plain = self.features * (self.channels // self.groups) * prod(self.kernel)
        bias = self.features if self.has_bias else 0
        if not self.is_blocked:
            return FLOAT_BYTES * (plain + bias + self._columns())
        weight = self._weight(self._up(self.channels))
        if self._is_reduced():
            own = REDUCTIONS * plain + self._window_columns()
            return FLOAT_BYTES * (weight + bias + own) + 2 * ALIGNMENT_BYTES
        source = 0 if self._is_flat() and self.channels == 3 else self._input()
        first = FLOAT_BYTES * (self._output() + source + weight + bias) + self._bias_bytes()
        return max(first, FLOAT_BYTES * (weight + plain + 2 * bias))

    def _up(self, channels: int) -> int:
        block = self.kernels.channel_block
        return -(-channels // block) * block

    def _input(self) -> int:
        return self.items * self._up(self.channels) * prod(self.sides)

    def _output(self) -> int:
        return self.items * self._up(self.features) * prod(self.output_sides)

    def _weight(self, channels: int) -> int:
        if self.is_depthwise:
            return self._up(self.features) * prod(self.kernel)
        return self._up(self.features) * channels // self.groups * prod(self.kernel)

    def _is_flat(self) -> bool:
        """Whether the input is read as it lies, as images of few channels are."""
        few = self.channels < self.kernels.channel_block
        return few and self.groups == 1 and prod(self.kernel) > 1

    def _is_reduced(self) -> bool:
        small = any(side < k for side, k in zip(self.sides, self.kernel, strict=True))
        return small or (self.is_depthwise and max(self.kernel) > 3)

    def _columns(self) -> int:
        """Of torch's own kernel; none where the input is its columns already."""
        if prod(self.kernel) == 1 and not self.is_strided:
            return 0
        return self.items * self._window_columns()

    def _window_columns(self) -> int:
        return self.channels // self.groups * prod(self.kernel) * prod(self.output_sides)

    def _bias_bytes(self) -> int:
        padded = self.has_bias and self.features % self.kernels.channel_block
        return FLOAT_BYTES * self._up(self.features) + ALIGNMENT_BYTES if padded else 0

    def _strided_bytes(self) -> int:
        if prod(self.kernel) > 1 or not self.is_strided:
            return 0
        return FLOAT_BYTES * self._up(self.channels) * prod(self.output_sides) + ALIGNMENT_BYTES


def own_bytes(name: str, args: Sequence[Any], out: Any, kernels: CpuKernels) -> int:
    """The most a call of a convolution holds at once, its results included; 0 for anything else.

    Args:
        name: of the operator, as torch's schema has it.
        args: by position.
        out: what it gave.
        kernels: of the CPU.
    """
    if name == "aten::convolution" and out.dtype is torch.float32:
        x, weight, bias, stride, _, dilation, transposed, _, groups = args[:9]
        ends = (out, x) if transposed else (x, out)
        seen = _seen(kernels, *ends, weight, stride, dilation, groups, bias is not None)
        return seen.to_input_bytes() if transposed else seen.forward_bytes()
    if name == "aten::convolution_backward" and args[0].dtype is torch.float32:
        return _backward_bytes(args, out, kernels)
    return 0


def _backward_bytes(args: Sequence[Any], out: Any, kernels: CpuKernels) -> int:
    gradient, x, weight, _, stride, _, dilation, transposed, _, groups, wanted = args[:11]
    ends = (gradient, x) if transposed else (x, gradient)
    seen = _seen(kernels, *ends, weight, stride, dilation, groups, bool(wanted[2]))
    to_x = seen.forward_bytes() if transposed else seen.to_input_bytes()
    kept = FLOAT_BYTES * x.numel() if wanted[0] else 0
    to_weight = kept + seen.to_weight_bytes() if wanted[1] or wanted[2] else 0
    return max(to_x if wanted[0] else 0, to_weight)


def _seen(
    kernels: CpuKernels,
    x: Tensor,
    y: Tensor,
    weight: Tensor,
    stride: Sequence[int],
    dilation: Sequence[int],
    groups: int,
    has_bias: bool,
) -> Convolution:
    return Convolution(
        kernels,
        items=x.shape[0],
        channels=x.shape[1],
        features=y.shape[1],
        sides=tuple(x.shape[2:]),
        output_sides=tuple(y.shape[2:]),
        kernel=tuple(weight.shape[2:]),
        is_strided=max(stride) > 1,
        is_dilated=max(dilation) > 1,
        groups=groups,
        has_bias=has_bias,
    )
