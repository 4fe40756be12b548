"""Measures what an untrained network costs, and leaves no trace in it.

Inference runs on real images in evaluation mode; training steps run with the candidate's optimiser
at learning rate 0, so that they cost what they cost but teach nothing, and the network's state is
put back afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from ..constraints.measurement import Measurement
from .meters.protocol import Meter, Step, Window, measure_all
from .splits import Part
from .training import TrainingParameters, make_optimizer, train_step


@dataclass(frozen=True, eq=False)
class Probe:
    """A network that is about to be measured.

    Attributes:
        network: untrained, on the meter's device.
        parameters: how it would be trained.
        inference: one batch, in main memory.
        training: one batch, in main memory.
        meter: of the device.
        device: torch's name of it.
    """

    network: nn.Module
    parameters: TrainingParameters
    inference: Part
    training: Part
    meter: Meter
    device: str = "cpu"

    def measure(self, metrics: Sequence[str], window: Window) -> dict[str, Measurement]:
        """Measure metrics; those named `train_...` on training steps, all others on inference.

        Raises:
            MeasurementError: if the device cannot measure one of them.
        """
        training = [metric for metric in metrics if metric.startswith("train_")]
        inference = [metric for metric in metrics if metric not in training]
        measured: dict[str, Measurement] = {}
        with _untouched(self.network):
            if inference:
                step = self._inference_step()
                measured |= measure_all(self.meter, inference, step, window)
            if training:
                step = self._training_step()
                measured |= measure_all(self.meter, training, step, window)
        return {metric: measured[metric] for metric in metrics}

    def _inference_step(self) -> Step:
        network, x = self.network.eval(), self.inference.to(self.device).x

        def run() -> Tensor:
            with torch.inference_mode():
                return network(x)  # type: ignore[no-any-return]  # modules return Any

        return Step(run, lambda: held_bytes([*tensors_of(network), x]), len(x))

    def _training_step(self) -> Step:
        network, part = self.network.train(), self.training.to(self.device)
        optimizer = make_optimizer(network, replace(self.parameters, learning_rate=0.0))
        smoothing = self.parameters.label_smoothing

        def run() -> Tensor:
            loss = train_step(network, optimizer, part.x, part.y, label_smoothing=smoothing)
            optimizer.zero_grad()  # here, not next time: the profiler must see what it frees
            return loss

        def held() -> int:
            return held_bytes([*tensors_of(network), *state_of(optimizer), part.x, part.y])

        return Step(run, held, len(part))


def first_images(part: Part, count: int) -> Part:
    """The first images of a part, copied, so that they do not keep the whole part alive.

    Args:
        part: to take from; is begun again if it is too short.
        count: images to take.
    """
    rows = torch.arange(count) % len(part)
    return Part(part.x[rows], part.y[rows])


def held_bytes(tensors: Iterable[Tensor]) -> int:
    """Bytes of memory behind tensors; what two of them share counts once."""
    storages = (tensor.untyped_storage() for tensor in tensors)
    return sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())


def tensors_of(network: nn.Module) -> Iterator[Tensor]:
    """A network's parameters and buffers."""
    yield from network.parameters()
    yield from network.buffers()


def state_of(optimizer: torch.optim.Optimizer) -> Iterator[Tensor]:
    """What an optimiser remembers of each parameter."""
    for state in optimizer.state.values():
        yield from (value for value in state.values() if isinstance(value, Tensor))


def _gpus_of(network: nn.Module) -> list[torch.device]:
    return [d for d in {p.device for p in network.parameters()} if d.type == "cuda"]


@contextmanager
def _untouched(network: nn.Module) -> Iterator[None]:
    """Put weights, buffers, gradients, mode and torch's random numbers back afterwards.

    The copy lies in main memory, so that it does not count as the GPU's.
    """
    kept = {name: value.to("cpu", copy=True) for name, value in network.state_dict().items()}
    mode = network.training
    try:
        with torch.random.fork_rng(devices=_gpus_of(network)):
            yield
    finally:
        network.zero_grad(set_to_none=True)
        network.load_state_dict(kept)
        network.train(mode)
