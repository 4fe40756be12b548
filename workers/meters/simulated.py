"""A meter that reads a simulated accelerator; the work itself runs on the CPU.

It runs the step once, notes what each layer was given and gave, and asks the analytic device
(`accelerator.py`) what that would cost. The kind of device says `simulated`, and so does the method
of every value.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ...constraints.errors import MeasurementError
from ...constraints.measurement import SIMULATED, Measurement
from .accelerator import METHOD, Accelerator, Kernel
from .protocol import Step, Window

READINGS = 9  # of which the mean is given; each has the device's noise
TRAINING_PASSES = 3  # forward, gradient of the input, gradient of the weights


@dataclass(frozen=True)
class SimulatedMeter:
    """Reads an `Accelerator`.

    Attributes:
        accelerator: what is simulated.
        seed: of the noise; readings of one network with one seed are the same.
    """

    accelerator: Accelerator
    seed: int

    @property
    def device_kind(self) -> str:
        """Never mixed with what was measured."""
        return self.accelerator.kind

    def can_measure(self) -> dict[str, str]:
        """See `Meter`."""
        return self.accelerator.can_measure()

    def cannot_measure(self) -> dict[str, str]:
        """See `Meter`."""
        return self.accelerator.cannot_measure()

    def measure(self, metric: str, step: Step, window: Window) -> Measurement:
        """See `Meter`; the window is not used."""
        if metric not in self.can_measure():
            raise MeasurementError(f"`{metric}`: {self.cannot_measure().get(metric, 'unknown')}")
        quantity = metric.removeprefix("train_")
        kernels = kernels_of(step.run) * (1 if metric == quantity else TRAINING_PASSES)
        exact = self.accelerator.costs(kernels, step.items)[quantity]
        noise = self.accelerator.noise[quantity]
        rng = np.random.default_rng([self.seed, zlib.crc32(repr((metric, kernels)).encode())])
        readings = exact * (1 + noise * rng.standard_normal(READINGS))
        return Measurement(
            metric,
            float(readings.mean()),
            float(readings.std(ddof=1) / np.sqrt(READINGS)),
            READINGS,
            METHOD,
            self.device_kind,
            SIMULATED,
        )


def kernels_of(run: Callable[[], object]) -> list[Kernel]:
    """The kernels of the layers that run in a step, in order."""
    with _layers() as seen:
        run()
    return [_kernel(layer, given, gave) for layer, given, gave in seen]


@contextmanager
def _layers() -> Iterator[list[tuple[nn.Module, Tensor, Tensor]]]:
    """Collect what each layer without inner layers was given and gave."""
    seen: list[tuple[nn.Module, Tensor, Tensor]] = []

    def note(layer: nn.Module, given: Any, gave: Any) -> None:
        tensors = isinstance(gave, Tensor) and given and isinstance(given[0], Tensor)
        if tensors and not any(True for _ in layer.children()):
            seen.append((layer, given[0], gave))

    handle = torch.nn.modules.module.register_module_forward_hook(note)
    try:
        yield seen
    finally:
        handle.remove()


def _kernel(layer: nn.Module, given: Tensor, gave: Tensor) -> Kernel:
    weights = sum(parameter.numel() for parameter in layer.parameters())
    size = gave.element_size()
    traffic = size * (given.numel() + gave.numel() + weights)
    rows, columns, depth, unfolded = gave.numel(), 1, 0, 0
    if isinstance(layer, nn.Conv2d):
        columns = layer.out_channels
        rows = gave.numel() // columns
        depth = layer.weight[0].numel()
        unfolded = rows * depth
    elif isinstance(layer, nn.Linear):
        rows, columns = gave.numel() // layer.out_features, layer.out_features
        depth = layer.in_features
    return Kernel(
        rows=rows,
        columns=columns,
        depth=depth,
        traffic_bytes=traffic,
        weight_bytes=size * weights,
        output_bytes=size * gave.numel(),
        workspace_bytes=size * unfolded,
    )
