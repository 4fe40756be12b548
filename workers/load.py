"""Keeps a device busy in a process of its own, so that who looks at it makes no CUDA context."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import IO

from ..constraints.errors import MeasurementError

SIZES = {"cuda": 8192, "cpu": 512}  # rows and columns of a product that fills the device
READY = "ready"


class BusyDevice:
    """A device at work while the context lasts."""

    def __init__(self, device: str, environ: Mapping[str, str] | None = None) -> None:
        """Not yet at work.

        Args:
            device: `cuda` or `cpu`.
            environ: of the process; it may name the GPU.
        """
        self._device = device
        self._environ = dict(environ if environ is not None else os.environ)
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> BusyDevice:
        """Start to work, and wait until it does.

        Raises:
            MeasurementError: if the process could not; says why.
        """
        command = [sys.executable, "-m", __name__, self._device]
        self._process = subprocess.Popen(
            command,
            env=self._environ,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None  # a pipe was asked for
        if self._process.stdout.readline().strip() != READY:
            _, said = self._process.communicate()
            last = (said.strip().splitlines() or ["it said nothing"])[-1]
            raise MeasurementError(f"{self._device} cannot be kept busy: {last}")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def work(self, duration_s: float) -> None:
        """Let some seconds of work pass."""
        time.sleep(duration_s)


def keep_busy(device: str) -> None:
    """Multiply matrices of random numbers (zeros draw less power) until the parent is gone.

    Args:
        device: of torch.
    """
    import torch

    threading.Thread(target=_end_with, args=(sys.stdin,), daemon=True).start()
    size = SIZES[device]
    x = torch.rand(size, size, device=device)
    for done in range(sys.maxsize):
        torch.mm(x, x)
        if device == "cuda":
            torch.cuda.synchronize()
        if done == 0:
            print(READY, flush=True)


def _end_with(parent: IO[str]) -> None:
    parent.read()  # nothing comes, until the other end is closed
    os._exit(0)


if __name__ == "__main__":
    keep_busy(sys.argv[1])
