"""An analytic accelerator: what a network would cost on a device that is not there.

Each kernel takes the longest of three roofs,

    t = max(waves * tile time, bytes / bandwidth, launch),   waves = ceil(tiles / multiprocessors)

so that time climbs in steps as a layer outgrows a wave of tiles. Board power saturates with the
utilisation of arithmetic and of memory between idle and the limit,

    P = idle + (limit - idle) * (1 - exp(-s a)) / (1 - exp(-s)),   a = 0.7 u_flops + 0.3 u_bytes,

and a network's power is the mean over its kernels, weighed by time. Memory is the context, the
weights and activations in whole allocator blocks, and the largest workspace. All of it is made up:
it shows how a search behaves, and says nothing of how well a real device can be predicted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import yaml

from .protocol import both_phases

SIMULATED = "simulated:"  # begins the name of such a device, in specs and in measurements
METHOD = "simulated"
TILE = 64  # rows and columns of a matrix product that one multiprocessor works on at a time
SMALL_BLOCK_BYTES, LARGE_BLOCK_BYTES = 512, 2 * 2**20
LARGE_FROM_BYTES = 2**20  # as in torch's caching allocator


@dataclass(frozen=True)
class Kernel:
    """A layer's work as one matrix product, or as traffic alone if `depth` is 0.

    Attributes:
        rows, columns, depth: of the product (images x places, output channels, inputs of one).
        traffic_bytes: read and written.
        weight_bytes, output_bytes: kept.
        workspace_bytes: needed while it runs.
    """

    rows: int
    columns: int
    depth: int
    traffic_bytes: int
    weight_bytes: int
    output_bytes: int
    workspace_bytes: int = 0

    @property
    def flops(self) -> float:
        """Two for each multiply-add."""
        return 2.0 * self.rows * self.columns * self.depth


@dataclass(frozen=True)
class Accelerator:
    """A simulated device; fields as in `simulated.yaml`, in SI units."""

    name: str
    multiprocessors: int
    flops_per_s: float
    bytes_per_s: float
    launch_s: float
    idle_w: float
    limit_w: float
    sensitivity: float
    context_bytes: int
    metrics: tuple[str, ...]
    noise: Mapping[str, float]

    @property
    def kind(self) -> str:
        """As a kind of device; never mixed with what was measured."""
        return f"{SIMULATED}{self.name}"

    def can_measure(self) -> dict[str, str]:
        """Metrics that the original could tell, with the method."""
        return both_phases(dict.fromkeys(self.metrics, METHOD))

    def cannot_measure(self) -> dict[str, str]:
        """Metrics that the original could not tell, with the reason."""
        reason = f"{self.name} cannot tell it, so its simulation does not either"
        known = both_phases(dict.fromkeys(self.costs((), items=1), reason))
        return {metric: why for metric, why in known.items() if metric not in self.can_measure()}

    def kernel_s(self, kernel: Kernel) -> float:
        """Seconds of one kernel."""
        tiles = math.ceil(kernel.rows / TILE) * math.ceil(kernel.columns / TILE)
        waves = math.ceil(tiles / self.multiprocessors)
        tile_s = 2.0 * TILE * TILE * kernel.depth * self.multiprocessors / self.flops_per_s
        return max(waves * tile_s, kernel.traffic_bytes / self.bytes_per_s, self.launch_s)

    def kernel_w(self, kernel: Kernel) -> float:
        """Board power while one kernel runs over and over."""
        seconds = self.kernel_s(kernel)
        arithmetic = kernel.flops / (self.flops_per_s * seconds)
        memory = kernel.traffic_bytes / (self.bytes_per_s * seconds)
        activity = 0.7 * arithmetic + 0.3 * memory
        rise = -math.expm1(-self.sensitivity * activity) / -math.expm1(-self.sensitivity)
        return self.idle_w + (self.limit_w - self.idle_w) * rise

    def costs(self, kernels: Sequence[Kernel], items: int) -> dict[str, float]:
        """All costs of a network, without noise.

        Args:
            kernels: of one batch, in order.
            items: in the batch.
        """
        times = [self.kernel_s(kernel) for kernel in kernels]
        latency_s = sum(times)
        joules = sum(t * self.kernel_w(k) for t, k in zip(times, kernels, strict=True))
        return {
            "latency_s": latency_s,
            "power_w": joules / latency_s if latency_s else self.idle_w,
            "energy_j": joules / items,
            "memory_bytes": self._memory_bytes(kernels),
        }

    def _memory_bytes(self, kernels: Sequence[Kernel]) -> float:
        kept = sum(_blocks(k.weight_bytes) + _blocks(k.output_bytes) for k in kernels)
        workspace = max((_blocks(k.workspace_bytes) for k in kernels), default=0)
        return float(self.context_bytes + kept + workspace)


def load_accelerators() -> dict[str, Accelerator]:
    """All simulated devices by name."""
    text = (files(__package__) / "simulated.yaml").read_text()
    entries: dict[str, dict[str, Any]] = yaml.safe_load(text)
    return {
        name: Accelerator(name=name, **{**fields, "metrics": tuple(fields["metrics"])})
        for name, fields in entries.items()
    }


def _blocks(size_bytes: int) -> int:
    block = LARGE_BLOCK_BYTES if size_bytes > LARGE_FROM_BYTES else SMALL_BLOCK_BYTES
    return math.ceil(size_bytes / block) * block
