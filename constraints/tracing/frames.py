"""Messages over a pipe, each behind its length."""

from __future__ import annotations

import os
import selectors
import struct
import time
from typing import BinaryIO

LENGTH = struct.Struct(">Q")
CHUNK_BYTES = 1 << 20


def write_frame(stream: BinaryIO, message: bytes) -> None:
    """Send one message.

    Raises:
        BrokenPipeError: if nobody reads any more.
    """
    stream.write(LENGTH.pack(len(message)) + message)
    stream.flush()


def read_frame(stream: BinaryIO, limit_s: float | None = None) -> bytes:
    """Receive one message.

    Args:
        stream: unbuffered.
        limit_s: how long to wait for the whole of it; None waits for ever.

    Raises:
        EOFError: if the other side ended.
        TimeoutError: if it is not there in time.
    """
    end_s = None if limit_s is None else time.monotonic() + limit_s
    (length,) = LENGTH.unpack(_read(stream.fileno(), LENGTH.size, end_s))
    return _read(stream.fileno(), length, end_s)


def _read(descriptor: int, count: int, end_s: float | None) -> bytes:
    parts: list[bytes] = []
    while count:
        _wait(descriptor, end_s)
        part = os.read(descriptor, min(count, CHUNK_BYTES))
        if not part:
            raise EOFError("the other side ended")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _wait(descriptor: int, end_s: float | None) -> None:
    if end_s is None:
        return
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        if not selector.select(max(0.0, end_s - time.monotonic())):
            raise TimeoutError("no message in time")
