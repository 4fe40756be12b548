"""Turns on a device: many train at once, one probes alone, and a probe goes first.

    turnstile  held by a probe from when it wants the device until it is done; says who it is
    use        held shared by those that train, exclusively by the probe

Who trains tries the turnstile between two steps, which costs microseconds; if a probe holds it, he
lets go of the device and queues behind the turnstile. Both are `flock`s, which the kernel releases
when a process dies however it dies.

The files lie in a folder of the machine, which the runs of one user share, and again in the run's
own folder: where two nodes of a run are containers on one machine, they share only that. Everyone
takes all turnstiles first, in the same order, and then the uses, so that nobody waits in a circle.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ..constraints.errors import DeviceBusyError

LOOK_S = 0.02  # between two tries; at double, a queue of probes loses 0.04 s each
TELL_AFTER_S = 1.0  # of standing in the way; probes of latency and memory are shorter
LIMIT_S = 300.0  # for one holder; a probe of all metrics at its longest takes about 3 minutes


@dataclass(frozen=True)
class Doors:
    """The open files of one folder.

    Attributes:
        turnstile: file descriptor.
        use: file descriptor.
    """

    turnstile: int
    use: int


@dataclass(frozen=True)
class Turn:
    """A place at a device: open files, through which it is entered and left.

    Attributes:
        doors: of each folder, in the order in which all take them.
        device: its key.
        holder: who we are, for others to read.
        limit_s: to wait for one and the same holder.
    """

    doors: Sequence[Doors]
    device: str
    holder: str
    limit_s: float

    def queue_to_probe(self) -> Iterator[str]:
        """Have the device alone once this is exhausted.

        Returns:
            Who is waited for, whenever that changes; nothing if it is nobody.

        Raises:
            DeviceBusyError: if one and the same holder kept the device for too long.
        """
        for door in self.doors:
            for holder in self._take(door.turnstile, fcntl.LOCK_EX, door):
                if door is self.doors[0]:  # who is told to wait must hold nothing meanwhile
                    yield holder
            _sign(door.turnstile, self.holder)
        for door in self.doors:  # each training comes to its next step
            for _ in self._take(door.use, fcntl.LOCK_EX, door):
                pass

    def queue_to_train(self) -> Iterator[str]:
        """Have a share of the device, behind all probes, once this is exhausted.

        Returns:
            Who is waited for, whenever that changes; nothing if it is nobody.

        Raises:
            DeviceBusyError: if one and the same probe kept the device for too long.
        """
        for name in ("turnstile", "use"):
            for door in self.doors:
                for holder in self._take(getattr(door, name), fcntl.LOCK_SH, door):
                    if name == "turnstile" and door is self.doors[0]:
                        yield holder
        for door in self.doors:
            fcntl.flock(door.turnstile, fcntl.LOCK_UN)

    def enter(self) -> None:
        """As `queue_to_train`, and say nothing."""
        for _ in self.queue_to_train():
            pass

    def yield_to_probes(self) -> None:
        """Let a probe have the device if one waits; call it between two steps.

        Side effects:
            Waits until the probe is done.
        """
        if all(_passes(door.turnstile) for door in self.doors):
            return
        for door in self.doors:
            fcntl.flock(door.use, fcntl.LOCK_UN)
        self.enter()

    def _take(self, file: int, kind: int, door: Doors) -> Iterator[str]:
        """Try until it is ours; yields each new holder that stands in the way for long."""
        holder, begin_s = "", time.monotonic()
        since_s = begin_s
        while not _try(file, kind):
            now_s = time.monotonic()
            found = (
                _signature(door.turnstile) if file == door.turnstile else "a training or the search"
            )
            if found != holder and now_s - begin_s >= min(TELL_AFTER_S, self.limit_s):
                holder, since_s = found, now_s
                yield holder
            if now_s - since_s > self.limit_s:
                raise DeviceBusyError(
                    f"{self.device} is held by {holder} for more than {self.limit_s:g} s; wait "
                    "for it, stop it, or use another device"
                )
            time.sleep(LOOK_S)


@dataclass(frozen=True)
class DeviceLock:
    """The lock of one device.

    Attributes:
        device: its key: `cpu@<host>`, or a GPU's UUID.
        folders: in which all that may use the device find its files.
        holder: who we are, for others to read.
        limit_s: to wait for one and the same holder.
    """

    device: str
    folders: tuple[Path, ...]
    holder: str = "another process"
    limit_s: float = LIMIT_S

    @contextmanager
    def shared(self) -> Iterator[Turn]:
        """Train on the device; others may too.

        Side effects:
            Waits for probes.
        """
        with self.turn() as turn:
            turn.enter()
            yield turn

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Have the device alone.

        Side effects:
            Waits for other probes, and until each training is between two steps.
        """
        with self.turn() as turn:
            for _ in turn.queue_to_probe():
                pass
            yield

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        """A place at the device, not yet entered; leaving it lets go of all that is held."""
        doors = [door for folder in self.folders for door in _open(folder)]
        try:
            yield Turn(doors, self.device, self.holder, self.limit_s)
        finally:
            for door in doors:
                os.close(door.use)
                os.close(door.turnstile)


def lock_of(
    device: str,
    run_folder: Path | None = None,
    *,
    holder: str = "another process",
    limit_s: float = LIMIT_S,
) -> DeviceLock:
    """The lock of a device, in this machine's folder and a run's own.

    Args:
        device: `cpu`, or a GPU's UUID.
        run_folder: of the run's locks, on storage that its nodes share; None for no such run.
        holder: who we are, for others to read.
        limit_s: to wait for one and the same holder.
    """
    key = f"cpu@{socket.gethostname()}" if device == "cpu" else device
    name = re.sub(r"[^\w.@-]", "_", key)
    machine = _machine_folder()
    roots = (machine,) if run_folder is None else (machine, run_folder)
    return DeviceLock(key, tuple(root / name for root in roots), holder, limit_s)


def _machine_folder() -> Path:
    """The same for all processes of one user, whatever their TMPDIR is."""
    fixed = Path("/tmp")
    root = fixed if os.access(fixed, os.W_OK) else Path(tempfile.gettempdir())
    return root / f"hyperwatt-{os.getuid()}"


def _open(folder: Path) -> Iterator[Doors]:
    """A folder's two files; nothing where its file system has no locks."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    flags = os.O_RDWR | os.O_CREAT
    turnstile, use = (os.open(folder / name, flags, 0o600) for name in ("turnstile", "use"))
    try:
        _passes(turnstile)
    except OSError:  # for example an object store that is mounted as a folder
        os.close(turnstile)
        os.close(use)
        return
    yield Doors(turnstile, use)


def _try(file: int, kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _passes(turnstile: int) -> bool:
    """Whether nobody holds a turnstile."""
    if not _try(turnstile, fcntl.LOCK_SH):
        return False
    fcntl.flock(turnstile, fcntl.LOCK_UN)
    return True


def _sign(turnstile: int, holder: str) -> None:
    """Write who holds it."""
    text = json.dumps({"holder": holder, "since": time.strftime("%H:%M:%S")})
    os.ftruncate(turnstile, 0)
    os.pwrite(turnstile, text.encode(), 0)


def _signature(turnstile: int) -> str:
    """Who holds it."""
    try:
        said = json.loads(os.pread(turnstile, 4096, 0))
        return f"{said['holder']}, since {said['since']}"
    except (ValueError, KeyError, TypeError):  # he has not signed yet
        return "another process"
