"""One call of an operator, with what it took and gave, and what it cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from .operators import Operator


@dataclass(frozen=True, slots=True)
class Call:
    """One call of an operator.

    Attributes:
        operator: what it is.
        args: as it took them, by position.
        out: what it gave.
        taken: tensors among its arguments.
        macs: class and multiply-accumulates; None if there is no formula.
        new_bytes: memory it asked for.
        traffic_bytes: read and written; 0 for a view.
    """

    operator: Operator
    args: Sequence[Any]
    out: Any
    taken: Sequence[Tensor]
    macs: tuple[str, int] | None
    new_bytes: int
    traffic_bytes: int


def tensors_in(values: Iterable[Any]) -> Iterator[Tensor]:
    """Tensors among values, their lists, tuples and mappings; those without a storage left out."""
    for value in values:
        if isinstance(value, Tensor):
            if value.layout is torch.strided:
                yield value
        elif isinstance(value, list | tuple):
            yield from tensors_in(value)
        elif isinstance(value, Mapping):
            yield from tensors_in(value.values())


def shape_of_first(values: Iterable[Any]) -> tuple[int, ...]:
    """The shape of the first tensor among values; empty if there is none."""
    first = next(tensors_in(values), None)
    return tuple(first.shape) if first is not None else ()


def bytes_of(tensors: Iterable[Tensor]) -> int:
    """What tensors hold, as if each had a memory of its own."""
    return sum(tensor.numel() * tensor.itemsize for tensor in tensors)
