"""What is asked of a trace: the inputs of a network, and how it would be trained."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor
    from torch.optim import Optimizer

Shape = tuple[int, ...]
FOLLOWED = ("cpu", "cuda")


@dataclass(frozen=True)
class Input:
    """One argument of a network.

    Attributes:
        shape: of one item; the batch comes before it.
        dtype: as torch names it (`int64` for indices of words).
    """

    shape: Shape
    dtype: str = "float32"


@dataclass(frozen=True)
class TrainingStep:
    """How one batch would be learned from.

    Attributes:
        optimizer: makes one from parameters.
        loss: of the network's output and a target; None is cross entropy.
        target: makes a target from the network's output; None is one class index for each item (and
            each place, if scores have more than two dimensions).
        batch_size: items in one step; None is as many as in inference.
    """

    optimizer: Callable[[Iterable[Tensor]], Optimizer]
    loss: Callable[[Any, Any], Tensor] | None = None
    target: Callable[[Any], Any] | None = None
    batch_size: int | None = None


def as_inputs(given: Sequence[int] | Input | Sequence[Input]) -> tuple[Input, ...]:
    """Inputs from the short forms: one shape of floats, or one input.

    Raises:
        ValueError: if a side is no whole number from 1.

    >>> as_inputs((3, 32, 32))
    (Input(shape=(3, 32, 32), dtype='float32'),)
    """
    if isinstance(given, Input):
        inputs: tuple[Input, ...] = (given,)
    elif given and all(isinstance(part, Input) for part in given):
        inputs = tuple(part for part in given if isinstance(part, Input))
    else:
        inputs = (Input(tuple(given)),)  # type: ignore[arg-type]  # checked below
    for part in inputs:
        if not all(isinstance(side, int) and side > 0 for side in part.shape):
            raise ValueError(
                f"`input_shape` must have whole sides from 1, without the batch, got {part.shape}"
            )
    return inputs
