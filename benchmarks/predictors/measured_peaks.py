"""What a probe would measure of a network on this CPU: the peak of its allocator's events."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from hyperwatt.workers.meters.cpu import allocations, peak_bytes
from hyperwatt.workers.probe import held_bytes, state_of, tensors_of

MakeOptimizer = Callable[[Iterable[Tensor]], Optimizer]


def inference_peak(network: nn.Module, x: Tensor) -> int:
    """Bytes, of one batch in evaluation; as `workers.probe` measures `memory_bytes`."""
    network.eval()

    def run() -> object:
        with torch.inference_mode():
            return network(x)

    run()
    return held_bytes([*tensors_of(network), x]) + peak_bytes(allocations(run))


def training_peak(network: nn.Module, x: Tensor, make: MakeOptimizer) -> int:
    """Bytes, of one steady step; as `workers.probe` measures `train_memory_bytes`."""
    network.train()
    optimizer = make(network.parameters())
    with torch.no_grad():
        scores = network(x)
    y = torch.zeros((len(x), *scores.shape[2:]), dtype=torch.int64)
    del scores

    def run() -> Tensor:
        loss = torch.nn.functional.cross_entropy(network(x), y)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad()
        return loss.detach()

    run()
    held = held_bytes([*tensors_of(network), *state_of(optimizer), x, y])
    return held + peak_bytes(allocations(run))
