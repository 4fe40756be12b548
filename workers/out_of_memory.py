"""Whether memory ran out: by what was raised, how full the device was, and whom the kernel killed.

torch names most failures to allocate. Inside cuBLAS and cuDNN they may come as other errors, whose
texts also have other causes; they count only if the device was full. The kernel's memory killer
leaves no error at all, but counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# Texts of the allocation failures that reach Python as a plain RuntimeError.
CERTAIN = (
    "out of memory",
    "can't allocate memory",  # torch's DefaultCPUAllocator
    "alloc_failed",  # cuBLAS, cuDNN: CUBLAS_STATUS_ALLOC_FAILED
    "std::bad_alloc",
)
# What the libraries say when they could not get a workspace, and for other reasons too.
POSSIBLE = (
    "cudnn_status_internal_error",
    "cudnn_status_not_initialized",
    "cublas_status_internal_error",
    "cublas_status_not_initialized",
    "cusolver_status_internal_error",
    "unable to find an engine",
    "find was unable to find",
    "unspecified launch failure",
)
FULL = 0.95  # of the device's memory; at 0.9, large networks that fail otherwise count too
BESIDE_BYTES = 1.0e9  # that a process holds beside torch's allocator: a context, workspaces
NOTICEABLE = 0.02  # of the device's memory, held by others


@dataclass(frozen=True)
class DeviceMemory:
    """How a GPU's memory stands.

    Attributes:
        total_bytes: of the device.
        free_bytes: now.
        reserved_bytes: by this process's allocator, now.
        peak_bytes: the most that it had reserved.
        failures: how often it could not get what it asked for.
    """

    total_bytes: int
    free_bytes: int
    reserved_bytes: int
    peak_bytes: int
    failures: int

    def was_full(self) -> bool:
        """Whether a failure of these moments may be one of memory.

        >>> DeviceMemory(100, 50, 40, 97, failures=0).was_full()
        True
        """
        most = max(self.peak_bytes, self.total_bytes - self.free_bytes)
        return self.failures > 0 or most >= FULL * self.total_bytes

    def others_hold(self) -> bool:
        """Whether other processes hold memory, so that ours is not known to need too much."""
        others = self.total_bytes - self.free_bytes - self.reserved_bytes - BESIDE_BYTES
        return others > NOTICEABLE * self.total_bytes


def device_memory() -> DeviceMemory | None:
    """How this process's GPU stands; None without one, or if its context is lost."""
    import torch

    if not torch.cuda.is_initialized():  # type: ignore[no-untyped-call]  # torch
        return None
    try:
        free, total = torch.cuda.mem_get_info()
        told = torch.cuda.memory_stats()
    except RuntimeError:  # a poisoned context answers nothing any more
        return None
    return DeviceMemory(
        total_bytes=total,
        free_bytes=free,
        reserved_bytes=int(told.get("reserved_bytes.all.current", 0)),
        peak_bytes=int(told.get("reserved_bytes.all.peak", 0)),
        failures=int(told.get("num_ooms", 0)),
    )


def is_out_of_memory(error: BaseException, memory: DeviceMemory | None = None) -> bool:
    """Whether memory ran out.

    Args:
        error: what was raised.
        memory: of the GPU just after; None if there is none.

    >>> is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried ..."))
    True
    """
    if isinstance(error, MemoryError):
        return True
    text = str(error).lower()  # torch.OutOfMemoryError is a RuntimeError, "CUDA out of memory"
    if not isinstance(error, RuntimeError):
        return False
    certain = any(known in text for known in CERTAIN)
    return certain or (
        any(known in text for known in POSSIBLE) and memory is not None and memory.was_full()
    )


def killed_so_far(proc: Path = Path("/proc"), cgroups: Path = Path("/sys/fs/cgroup")) -> int | None:
    """How often the kernel's memory killer struck in this process's control group.

    Where groups are not shown, on the whole machine; None where nothing is counted.

    Args:
        proc: of the kernel's files on processes.
        cgroups: of its files on control groups.
    """
    for path in (*_group_files(proc, cgroups), proc / "vmstat"):
        with suppress(OSError, ValueError):
            for line in path.read_text().splitlines():
                name, _, count = line.partition(" ")
                if name == "oom_kill":
                    return int(count)
    return None


def _group_files(proc: Path, cgroups: Path) -> Iterator[Path]:
    """Where the group's kills may be counted, in version 2 and in version 1."""
    with suppress(OSError):
        for line in (proc / "self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            below = path.lstrip("/")
            if not controllers:
                yield cgroups / below / "memory.events"
            elif "memory" in controllers.split(","):
                yield cgroups / "memory" / below / "memory.oom_control"
                yield cgroups / "memory" / "memory.oom_control"  # as seen inside a container
