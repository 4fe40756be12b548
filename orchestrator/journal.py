"""The truth about a sweep: an append-only file, one JSON line an event, synced to disk.

A line is `{"v": schema version, "n": number of the event from 1, "more": how many lines follow that
belong to it, "t_s": seconds of running time, "at": wall clock as a label, "event": kind, ...}`.
Events written together are kept together: a crash that cut short a line, or a group, leaves nothing
of it. A damaged line before the last is refused, because everything after it may depend on it.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Any

from ..constraints.errors import JournalError
from .events import Event
from .records import from_record, to_record

VERSION = 1
LOCK_ATTEMPTS, LOCK_WAIT_S = 10, 0.03  # of a lock that is tried for less than a millisecond


@dataclass(frozen=True)
class Entry:
    """An event with its number and the sweep's running time when it happened."""

    number: int
    now_s: float
    event: Event


@dataclass(frozen=True)
class _Line:
    """An entry with the number of lines that must follow for it to count, and its length."""

    entry: Entry
    more: int
    size_bytes: int


class Journal:
    """Writes events; each `append` is on disk when it returns.

    Attributes:
        path: of the file.
    """

    def __init__(self, path: Path, file: FileIO, count: int, size_bytes: int) -> None:
        self.path = path
        self._file = file
        self._count = count
        self._size_bytes = size_bytes

    @staticmethod
    def open(path: Path) -> tuple[Journal, list[Entry]]:
        """Open for appending, and read what is there.

        Side effects:
            Makes the file; cuts off a last line that was not finished.

        Raises:
            JournalError: if another process has it open, or a line is damaged or of another
                version.
        """
        path.touch()
        file = path.open("ab", buffering=0)
        try:
            _lock(file)
            entries, whole_bytes = read_journal(path)
        except OSError as error:
            file.close()
            raise JournalError(f"another process runs the sweep of {path}; wait for it") from error
        except JournalError:
            file.close()
            raise
        file.truncate(whole_bytes)
        return Journal(path, file, len(entries), whole_bytes), entries

    def append(self, events: Sequence[Event], now_s: float) -> None:
        """Write events, all or none of them, with one sync.

        Args:
            events: in order.
            now_s: running time of the sweep.
        """
        numbered = enumerate(events, start=self._count + 1)
        last = self._count + len(events)
        text = b"".join(_line(number, last - number, now_s, event) for number, event in numbered)
        try:
            _write_all(self._file.fileno(), text)
        except OSError as error:
            os.ftruncate(self._file.fileno(), self._size_bytes)
            raise JournalError(f"cannot write {self.path}: {error}; free some space") from error
        self._count += len(events)
        self._size_bytes += len(text)

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def read_journal(path: Path, after: tuple[int, int] = (0, 0)) -> tuple[list[Entry], int]:
    """Read all whole lines.

    Args:
        path: of the file.
        after: how many entries and bytes were read before; these are passed over.

    Returns:
        The entries, and the number of bytes that they take; a last line without an end is left out.

    Raises:
        JournalError: names the line that is damaged, missing or of another version.
    """
    read: list[_Line] = []
    count, size_bytes = after
    with path.open("rb") as file:
        file.seek(size_bytes)
        lines = file.read().splitlines(keepends=True)
    for number, text in enumerate(lines, start=count + 1):
        if not text.endswith(b"\n"):  # only the last line can be: a write that was cut short
            break
        try:
            read.append(_parse(text, number, path))
        except (ValueError, KeyError, TypeError) as error:
            raise JournalError(
                f"line {number} of {path} is damaged ({error}); restore it from a copy, or start "
                "a new run with `profile.from` set to this run's predictors"
            ) from error
    while read and read[-1].more:
        read.pop()
    return [line.entry for line in read], sum(line.size_bytes for line in read)


def is_being_written(path: Path) -> bool:
    """Whether a process has a journal open for appending; whoever opens it now waits an instant."""
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _lock(file: FileIO) -> None:
    """Have the file alone; whoever only tries whether it is locked is waited out.

    Raises:
        OSError: if somebody keeps it.
    """
    for attempt in range(LOCK_ATTEMPTS):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except OSError:
            if attempt == LOCK_ATTEMPTS - 1:
                raise
            time.sleep(LOCK_WAIT_S)


def _write_all(descriptor: int, text: bytes) -> None:
    rest = memoryview(text)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
    os.fsync(descriptor)


def _parse(line: bytes, number: int, path: Path) -> _Line:
    record = json.loads(line)
    if record["v"] != VERSION:
        raise JournalError(
            f"line {number} of {path} has schema version {record['v']}, this version of hyperwatt "
            f"reads {VERSION}; use the version that wrote it"
        )
    if record["n"] != number:
        raise ValueError(f"it is numbered {record['n']}")
    entry = Entry(number, float(record["t_s"]), from_record(record))
    return _Line(entry, record["more"], len(line))


def _line(number: int, more: int, now_s: float, event: Event) -> bytes:
    head: dict[str, Any] = {
        "v": VERSION,
        "n": number,
        "more": more,
        "t_s": round(now_s, 6),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    text = json.dumps(head | to_record(event), allow_nan=False, separators=(",", ":"))
    return text.encode() + b"\n"
