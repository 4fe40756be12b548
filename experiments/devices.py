"""Which device a spec means on this machine."""

from __future__ import annotations

from ..workers.meters.devices import capabilities


def resolve_device(device: str) -> str:
    """`auto` is CUDA when there is one."""
    if device != "auto":
        return device
    return "cuda" if cuda_is_there() else "cpu"


def cuda_is_there() -> bool:
    """Whether a GPU can be measured here; creates no CUDA context."""
    can, _ = capabilities("cuda")
    return bool(can)
