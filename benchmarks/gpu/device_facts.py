"""What a device and its software are called; asked in a process of its own.

The process that asks never creates a CUDA context, which would lie beside what is measured.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from hyperwatt.constraints.errors import MeasurementError

PACKAGES = ("torch", "torchvision", "numpy", "scipy", "scikit-learn", "ray", "nvidia-ml-py")


def facts_of(device: str) -> dict[str, Any]:
    """Facts of a device.

    Args:
        device: `cuda`, `cpu` or `simulated:<name>`.

    Raises:
        MeasurementError: if a GPU was asked for and cannot be used.
    """
    found = {"python": platform.python_version(), "versions": _versions()}
    if device == "cuda":
        return {**found, **_of_gpu()}
    if device == "cpu":
        from hyperwatt.workers.meters.cpu import cpu_kind

        return {**found, "device_kind": cpu_kind(1)}
    return {**found, "device_kind": device}


def _of_gpu() -> dict[str, Any]:
    ask = [sys.executable, "-m", __name__]
    said = subprocess.run(ask, capture_output=True, text=True, check=False)
    if said.returncode != 0:
        last = (said.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise MeasurementError(f"torch cannot use the GPU: {last}")
    facts: dict[str, Any] = json.loads(said.stdout.splitlines()[-1])
    return facts


def _tell_of_gpu() -> dict[str, Any]:
    import torch

    found = torch.cuda.get_device_properties(0)
    return {
        "device_kind": f"cuda:{found.name}",
        "uuid": str(found.uuid),
        "memory_bytes": found.total_memory,
        "multiprocessors": found.multi_processor_count,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),  # type: ignore[no-untyped-call]  # torch
        "tf32": torch.backends.cudnn.allow_tf32,
        "driver": _driver(),
    }


def _driver() -> str:
    import pynvml

    pynvml.nvmlInit()
    said = pynvml.nvmlSystemGetDriverVersion()
    return said if isinstance(said, str) else said.decode()


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


if __name__ == "__main__":
    print(json.dumps(_tell_of_gpu()))
