"""Whose kernels a trace follows: what runs, and what lies in memory, depends on the device too.

A trace needs no device, but torch chooses kernels by it. A GPU fuses attention, and its optimisers
step all parameters at once; a CPU fuses attention without dropout only, and its convolutions copy
what they read into blocks of channels (oneDNN), which shows in the peak.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CpuKernels:
    """A CPU's.

    Attributes:
        threads: that torch computes with.
        channel_block: channels that a convolution keeps together: 8 with AVX2, 16 with AVX-512.
    """

    threads: int = 1
    channel_block: int = 8


@dataclass(frozen=True)
class GpuKernels:
    """A GPU's. Workspaces of its convolutions are no part of the trace."""


Kernels = CpuKernels | GpuKernels
GPU = GpuKernels()


def kernels_of_this_cpu() -> CpuKernels:
    """Those of the CPU that runs this, with the threads torch has now."""
    import torch

    wide = torch.backends.cpu.get_cpu_capability().startswith("AVX512")
    return CpuKernels(torch.get_num_threads(), 16 if wide else 8)
