"""What this machine can run and measure, and what it cannot and why."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from ..constraints.errors import DataError
from ..constraints.metrics import METRICS
from ..workers.data import check_task
from ..workers.meters.devices import capabilities, known_devices

PACKAGES = ("ray", "torch", "torchvision", "scikit-optimize", "nvidia-ml-py", "pandas", "numpy")
LEAST_FREE_BYTES = 2e9  # checkpoints of a small sweep and Ray's own session files


@dataclass(frozen=True)
class Finding:
    """One thing looked at.

    Attributes:
        name: what.
        ok: True if it is there, False if a sweep needs it and it is not, None if it is optional.
        says: version, method, or the reason and the remedy.
    """

    name: str
    ok: bool | None
    says: str


def examine() -> list[Finding]:
    """Look at everything; changes nothing and creates no CUDA context."""
    return [_python(), *_packages(), _cores(), _disk(), *_devices(), *_data()]


def _python() -> Finding:
    fits = (3, 11) <= sys.version_info[:2] <= (3, 13)
    return Finding("python", fits, f"{platform.python_version()} (3.11 to 3.13 are supported)")


def _packages() -> Iterator[Finding]:
    for name in PACKAGES:
        try:
            yield Finding(name, True, metadata.version(name))
        except metadata.PackageNotFoundError:
            yield Finding(name, False, f"not installed; `pip install {name}`")


def _cores() -> Finding:
    return Finding("cores", True, f"{os.cpu_count()} on {platform.machine()}")


def _disk() -> Finding:
    free = shutil.disk_usage(Path.cwd()).free
    return Finding("disk", free > LEAST_FREE_BYTES, f"{free / 1e9:.1f} GB free here")


def _devices() -> Iterator[Finding]:
    for device in known_devices():
        can, cannot = capabilities(device)
        for metric, method in can.items():
            known = METRICS[metric]
            yield Finding(f"{device}, {known.short}", True, f"{known.means}, by {method}")
        for metric, reason in cannot.items():
            yield Finding(f"{device}, {METRICS[metric].short}", None, reason)


def _data() -> Iterator[Finding]:
    yield Finding("data, digits", True, "bundled with scikit-learn")
    try:
        check_task({"name": "mnist", "root": None, "download": False})
        yield Finding("data, mnist", True, "found")
    except DataError as error:
        yield Finding("data, mnist", None, str(error))
