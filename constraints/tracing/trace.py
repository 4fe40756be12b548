"""Traces a network: what it does in one inference and one training step, layer by layer.

No weight is allocated and no device is needed: the network is built of tensors that have a shape
but no values, and run on such inputs, while every operator is watched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from ..errors import NetworkError
from .blame import told
from .building import META, build_without_values
from .device_functions import DeviceFunctions
from .encoder_layers import encoder_layers_as_on
from .kernels import GPU, Kernels
from .layers import LayerBook
from .liveness import Liveness
from .network_trace import Layer, NetworkTrace, Work
from .recorder import Recorder
from .request import Input, TrainingStep, as_inputs
from .training import trace_training


def trace_network(
    build: Callable[[], nn.Module],
    input_shape: Sequence[int] | Input | Sequence[Input],
    *,
    batch_size: int = 1,
    training: TrainingStep | None = None,
    kernels: Kernels = GPU,
) -> NetworkTrace:
    """Trace a network.

    Args:
        build: makes it.
        input_shape: of one item, without the batch; or its inputs, in the order the network takes.
        batch_size: items in one inference.
        training: how it would learn; None leaves training untraced.
        kernels: whose to follow.

    Raises:
        NetworkError: if it cannot be built, run on such inputs, or told without values; names the
            line of the user's code.
        ValueError: if a shape, type or size is none.

    Side effects:
        While it runs, torch's attention is replaced in this process: trace in one thread at a time.
    """
    inputs = as_inputs(input_shape)
    _check_types(inputs)
    _check_sizes(batch_size, training)
    network = build_without_values(build)
    try:
        with torch.device(META), DeviceFunctions(kernels):
            return _traced(network, inputs, batch_size, training, kernels)
    except NetworkError:
        raise
    except Exception as error:  # the network is anybody's code
        raise _cannot_run(inputs, error) from error


def _traced(
    network: nn.Module,
    inputs: Sequence[Input],
    batch_size: int,
    training: TrainingStep | None,
    kernels: Kernels,
) -> NetworkTrace:
    unknown: Counter[str] = Counter()
    layers, inference = _inference(network, _batch(inputs, batch_size), kernels, unknown)
    trained, training_size = None, None
    if training is not None:
        training_size = training.batch_size or batch_size
        batch = _batch(inputs, training_size)
        liveness = _holding(network, batch)
        trained, more = trace_training(network, batch, training, kernels, liveness)
        unknown.update(more)
    return NetworkTrace(
        layers=layers,
        parameters=sum(parameter.numel() for parameter in network.parameters()),
        parameter_bytes=inference.peak_by["parameters"],
        buffer_bytes=inference.peak_by["buffers"],
        batch_size=batch_size,
        inference=inference,
        training=trained,
        unknown=dict(unknown),
        training_batch_size=training_size,
    )


def _inference(
    network: nn.Module, batch: Sequence[Tensor], kernels: Kernels, unknown: Counter[str]
) -> tuple[tuple[Layer, ...], Work]:
    """Without gradients but not in torch's inference mode, in which operators stay undivided."""
    network.eval()
    liveness, book = _holding(network, batch), LayerBook(network)
    with (
        torch.no_grad(),
        book.watching(),
        encoder_layers_as_on(kernels, network),
        Recorder(liveness, kernels, book) as recorder,
    ):
        network(*batch)
    unknown.update(recorder.unknown)
    return tuple(book.layers), recorder.work()


def _holding(network: nn.Module, batch: Sequence[Tensor]) -> Liveness:
    """What lies in memory before a step begins."""
    liveness = Liveness()
    liveness.hold(network.parameters(), "parameters")
    liveness.hold(network.buffers(), "buffers")
    liveness.hold(batch, "input")
    liveness.begin()
    return liveness


def _batch(inputs: Sequence[Input], size: int) -> list[Tensor]:
    return [torch.empty((size, *i.shape), dtype=getattr(torch, i.dtype)) for i in inputs]


def _check_types(inputs: Sequence[Input]) -> None:
    for part in inputs:
        if not isinstance(getattr(torch, part.dtype, None), torch.dtype):
            raise ValueError(
                f"`dtype` must be a type that torch names (float32, int64, ...), got {part.dtype!r}"
            )


def _check_sizes(batch_size: int, training: TrainingStep | None) -> None:
    sizes = {"batch_size": batch_size}
    if training is not None and training.batch_size is not None:
        sizes["training.batch_size"] = training.batch_size
    for name, size in sizes.items():
        if isinstance(size, bool) or not isinstance(size, int) or size < 1:
            raise ValueError(f"`{name}` must be a whole number from 1, got {size!r}")


def _cannot_run(inputs: Sequence[Input], error: Exception) -> NetworkError:
    shapes = ", ".join(f"(n, {', '.join(map(str, i.shape))}) of {i.dtype}" for i in inputs)
    return NetworkError(f"the network cannot run on {shapes}: {told(error)}")
