"""Traces one training step: forward, loss, backward and the optimiser's step.

Two steps are run. The second is the steady one, with the optimiser's state there from the start, as
a probe measures it; the first counts where its peak is higher.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim import Optimizer

from ..errors import NetworkError
from .calls import tensors_in
from .kernels import GpuKernels, Kernels
from .liveness import Liveness
from .network_trace import Work
from .recorder import Recorder
from .request import TrainingStep


class _Loss:
    """The loss of an output; its target is made once and kept, as a data set would."""

    def __init__(self, step: TrainingStep, liveness: Liveness) -> None:
        self._step = step
        self._liveness = liveness
        self._target: Any = None

    def __call__(self, output: Any) -> Tensor:
        if self._target is None:
            self._target = (self._step.target or class_labels)(output)
            self._liveness.hold(tensors_in((self._target,)), "input")
        loss = (self._step.loss or functional.cross_entropy)(output, self._target)
        if not isinstance(loss, Tensor) or loss.numel() != 1:
            raise NetworkError("`TrainingStep.loss` must give one number, as a tensor, to minimise")
        return loss


def class_labels(output: Any) -> Tensor:
    """One class index for each item, and for each place if there are some.

    Args:
        output: scores, `(n, classes)` or `(n, classes, places, ...)`.

    Raises:
        NetworkError: if it is anything else.
    """
    if not isinstance(output, Tensor) or output.dim() < 2:
        got = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
        raise NetworkError(
            f"cross entropy needs scores (n, classes), the network gave {got}; "
            "name a `loss` and a `target` in the training step"
        )
    return torch.empty((output.shape[0], *output.shape[2:]), dtype=torch.int64)


def trace_training(
    network: nn.Module,
    inputs: Sequence[Tensor],
    step: TrainingStep,
    kernels: Kernels,
    liveness: Liveness,
) -> tuple[Work, dict[str, int]]:
    """Run two training steps.

    Args:
        network: without values; is left in training mode.
        inputs: one batch.
        step: how the network learns.
        kernels: whose to follow.
        liveness: holds the network and its inputs already.

    Returns:
        The work of a steady step, with the larger peak of both, and calls of unknown operators.
    """
    network.train()
    optimizer = _optimizer(network, step, kernels)
    loss = _Loss(step, liveness)
    works = []
    for _ in range(2):
        liveness.hold(tensors_in(optimizer.state.values()), "optimizer")
        liveness.begin()
        told = _told_of_gradients(network, liveness)
        with Recorder(liveness, kernels) as recorder, torch.enable_grad(), told:
            _learn(network, inputs, loss, optimizer)
        works.append(recorder.work())
    first, steady = works
    if first.peak_bytes > steady.peak_bytes:
        steady = replace(steady, peak_bytes=first.peak_bytes, peak_by=first.peak_by)
    return steady, dict(recorder.unknown)


def _learn(network: nn.Module, inputs: Sequence[Tensor], loss: _Loss, optimizer: Optimizer) -> None:
    """As a training loop does it, gradients let go at the end."""
    value = loss(network(*inputs))
    value.backward()  # type: ignore[no-untyped-call]  # torch
    optimizer.step()
    optimizer.zero_grad()


def _optimizer(network: nn.Module, step: TrainingStep, kernels: Kernels) -> Optimizer:
    optimizer = step.optimizer(network.parameters())
    for group in optimizer.param_groups:
        unsaid = group.get("foreach", False) is None and not group.get("fused")
        if isinstance(kernels, GpuKernels) and unsaid:
            group["foreach"] = True  # torch's own choice there
    return optimizer


@contextmanager
def _told_of_gradients(network: nn.Module, liveness: Liveness) -> Iterator[None]:
    """Count what becomes a parameter's gradient as one, from then on."""

    def tell(parameter: Tensor) -> None:
        if parameter.grad is not None:
            liveness.hold(tensors_in((parameter.grad,)), "gradients")

    learned = [p for p in network.parameters() if p.requires_grad]
    handles = [p.register_post_accumulate_grad_hook(tell) for p in learned]  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
