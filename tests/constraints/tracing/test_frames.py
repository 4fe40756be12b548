import os

import pytest

from hyperwatt.constraints.tracing.frames import read_frame, write_frame


def test_messages_come_through_whole_and_apart() -> None:
    ours, theirs = os.pipe()
    with os.fdopen(ours, "rb", buffering=0) as reader, os.fdopen(theirs, "wb") as writer:
        for message in (b"", b"one", bytes(range(256)) * 100):
            write_frame(writer, message)

            assert read_frame(reader, limit_s=5.0) == message


def test_silence_is_a_timeout_and_an_end_is_an_end() -> None:
    ours, theirs = os.pipe()
    with os.fdopen(ours, "rb", buffering=0) as reader:
        with os.fdopen(theirs, "wb") as writer:
            writer.write(b"\0\0\0")
            writer.flush()
            with pytest.raises(TimeoutError):
                read_frame(reader, limit_s=0.01)
        with pytest.raises(EOFError):
            read_frame(reader)
