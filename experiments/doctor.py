"""What this machine can run and measure, and what it cannot and why."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from ..constraints.errors import DataError, MeasurementError
from ..workers.data import check_task
from ..workers.device_lock import lock_of
from ..workers.load import BusyDevice
from ..workers.meters.self_test import Check, look
from ..workers.meters.sensor import Sensor
from ..workers.meters.survey import Surveyed

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
    """Look at everything but the devices; changes nothing."""
    return [_python(), *_packages(), _cores(), _disk(), *_data()]


def self_tests(surveyed: Sequence[Surveyed]) -> Iterator[Finding]:
    """Check each energy counter against the power shown, at rest and at work.

    Side effects:
        Takes each device that shows its power for itself, and keeps it busy: half a minute each.
    """
    for found in surveyed:
        if found.sensor is not None:
            yield from _tested(found.device, found.uuid, found.sensor)
    if all(found.sensor is None for found in surveyed):
        yield Finding("self-test", None, "no device here shows its power, so there is no counter")


def _tested(device: str, uuid: str, sensor: Sensor) -> Iterator[Finding]:
    of_gpu = {"CUDA_VISIBLE_DEVICES": uuid} if uuid else {}
    name = f"self-test, {device} {uuid}".rstrip()
    try:
        lock = lock_of(uuid or device, holder="the self-test of `doctor`")
        with lock.exclusive():
            yield _checked(name, look("idle", time.sleep, sensor))
            with BusyDevice(device, {**os.environ, **of_gpu}) as busy:
                yield _checked(name, look("load", busy.work, sensor))
    except MeasurementError as error:
        yield Finding(name, False, str(error))


def _checked(name: str, check: Check) -> Finding:
    return Finding(f"{name}, {check.name}", check.passed, check.says)


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


def _data() -> Iterator[Finding]:
    yield Finding("data, digits", True, "bundled with scikit-learn")
    try:
        check_task({"name": "mnist", "root": None, "download": False})
        yield Finding("data, mnist", True, "found")
    except DataError as error:
        yield Finding("data, mnist", None, str(error))
