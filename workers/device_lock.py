"""Turns on a device: many train at once, one probes alone, and a probe goes first.

    turnstile  held by a probe from when it wants the device until it is done
    use        held shared by those that train, exclusively by the probe

Who trains tries the turnstile between two steps, which costs microseconds; if a probe holds it, he
lets go of the device and queues behind the turnstile. Both are `flock`s, which the kernel releases
when a process dies however it dies. They hold among the processes of one node and one user.
"""

from __future__ import annotations

import fcntl
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Shared:
    """A share of a device, while one trains on it.

    Attributes:
        turnstile, use: open files.
    """

    turnstile: int
    use: int

    def yield_to_probes(self) -> None:
        """Let a probe have the device if one waits; call it between two steps.

        Side effects:
            Waits until the probe is done.
        """
        try:
            fcntl.flock(self.turnstile, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(self.use, fcntl.LOCK_UN)
            self.enter()
        else:
            fcntl.flock(self.turnstile, fcntl.LOCK_UN)

    def enter(self) -> None:
        """Wait for the probes, then take a share."""
        fcntl.flock(self.turnstile, fcntl.LOCK_SH)
        fcntl.flock(self.use, fcntl.LOCK_SH)
        fcntl.flock(self.turnstile, fcntl.LOCK_UN)


@dataclass(frozen=True)
class DeviceLock:
    """The lock of one device of this node.

    Attributes:
        folder: of its two files.
    """

    folder: Path

    @contextmanager
    def shared(self) -> Iterator[Shared]:
        """Train on the device; others may too.

        Side effects:
            Waits for probes.
        """
        with self._files() as (turnstile, use):
            share = Shared(turnstile, use)
            share.enter()
            yield share

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Have the device alone.

        Side effects:
            Waits for other probes, and until each training is between two steps.
        """
        with self._files() as (turnstile, use):
            fcntl.flock(turnstile, fcntl.LOCK_EX)
            fcntl.flock(use, fcntl.LOCK_EX)
            yield

    @contextmanager
    def _files(self) -> Iterator[tuple[int, int]]:
        """Both files, open; closing them releases what is held."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        names = ("turnstile", "use")
        turnstile, use = (os.open(self.folder / n, os.O_RDWR | os.O_CREAT, 0o600) for n in names)
        try:
            yield turnstile, use
        finally:
            os.close(use)
            os.close(turnstile)


def lock_of(device: str, folder: Path | None = None) -> DeviceLock:
    """The lock of a device.

    Args:
        device: its key: `cpu`, or a GPU's UUID.
        folder: of all locks; by default one of the user's own.

    >>> lock_of("GPU-1/2", Path("/locks")).folder.name
    'GPU-1_2'
    """
    folder = folder or Path(tempfile.gettempdir()) / f"hyperwatt-{os.getuid()}"
    return DeviceLock(folder / re.sub(r"[^\w.-]", "_", device))
