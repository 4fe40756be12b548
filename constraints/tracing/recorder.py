"""Watches every operator of a step: what it computes, moves and keeps alive, and for which layer.

One dispatch mode sees all operators, also those of the backward pass and of the optimiser. It sees
them where torch has already taken apart what is made of others (`linear` is a transposition and a
product), so that what it counts is what runs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from ..errors import NetworkError
from .calls import Call, bytes_of, tensors_in
from .kernels import CpuKernels, Kernels
from .layers import LayerBook
from .liveness import Liveness
from .macs import macs_of
from .network_trace import MAC_CLASSES, Work
from .onednn import own_bytes
from .onednn_lstm import lstm_bytes, with_workspace
from .operators import Operator, operator_of
from .shortcuts import MISSING, shortcut

FLAGS = (torch.bool, torch.uint8)


class Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch
    """Counts the work of what runs inside it; mutable, for one phase of one trace.

    Attributes:
        liveness: of the trace.
        kernels: whose workspaces count.
        book: layers to attribute work to; None where none are told apart.
        unknown: calls of operators without formula or class.
    """

    def __init__(self, liveness: Liveness, kernels: Kernels, book: LayerBook | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch
        self.liveness = liveness
        self.kernels = kernels
        self.book = book
        self.unknown: Counter[str] = Counter()
        self._macs = dict.fromkeys(MAC_CLASSES, 0)
        self._traffic_bytes = 0
        self._operations = 0

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        """Whether torch guards it against its compiler, for which it imports that (for seconds)."""
        return False

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run an operator and count it."""
        named = kwargs or {}
        operator = operator_of(func)
        taken = list(tensors_in((*args, *named.values())))
        _refuse_to_read(operator, taken)
        out = shortcut(func, args, named)
        if out is MISSING:
            out = func(*args, **named)
        if isinstance(self.kernels, CpuKernels):
            name = func._schema.name
            out = with_workspace(name, args, out)
            own = own_bytes(name, args, out, self.kernels) + lstm_bytes(name, args, out)
            self.liveness.reach(own)
        given = list(tensors_in((out,)))
        call = Call(
            operator,
            args,
            out,
            taken,
            macs_of(func, args, named, out),
            sum(self.liveness.see(tensor) for tensor in given),
            bytes_of(taken) + bytes_of(given) if operator.counted else 0,
        )
        self._count(call)
        return out

    def work(self) -> Work:
        """What was counted, with the peak since it began."""
        return Work(
            dict(self._macs),
            self._traffic_bytes,
            self._operations,
            self.liveness.peak_bytes,
            dict(self.liveness.peak_by),
        )

    def _count(self, call: Call) -> None:
        self._operations += call.operator.counted
        self._traffic_bytes += call.traffic_bytes
        if call.macs is not None:
            name, count = call.macs
            self._macs[name] += count
        elif not call.operator.known:
            self.unknown[call.operator.name] += 1
        if self.book is not None:
            self.book.write(call)


def _refuse_to_read(operator: Operator, taken: Sequence[Tensor]) -> None:
    """A tensor without values cannot be asked for them."""
    by_flags = operator.name == "index" and any(t.dtype in FLAGS for t in taken[1:])
    if (operator.reads_values or by_flags) and any(tensor.is_meta for tensor in taken):
        raise NetworkError(
            f"the network reads values of a tensor (operator `{operator.name}`), so what it does "
            "depends on its input and cannot be traced; compute with tensors instead of `.item()`, "
            "`if`, `nonzero` or an index of flags (`torch.where` instead of a choice), or measure "
            "it without a trace"
        )
