"""Runs chunks piece by piece, goes on where an earlier run stopped, and stops when time is up."""

from __future__ import annotations

import json
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .chunk import Bench, Chunk
from .page import write_page


@dataclass(frozen=True)
class Clocked:
    """When to stop.

    Attributes:
        end_s: of the clock; no piece begins later. None to run to the end.
        clock: monotonic, in s.
    """

    end_s: float | None = None
    clock: Callable[[], float] = time.monotonic

    @property
    def over(self) -> bool:
        """Whether no further piece should begin."""
        return self.end_s is not None and self.clock() >= self.end_s


def run_chunks(
    bench: Bench, chunks: Sequence[Chunk], until: Clocked, say: Callable[[str], object] = print
) -> bool:
    """Run what is left.

    Args:
        bench: where, and what is known.
        chunks: in this order; later ones may need what earlier ones measured.
        until: when to stop.
        say: takes lines for people.

    Returns:
        Whether nothing is left.

    Side effects:
        Writes the record and the page after each piece.
    """
    for chunk in chunks:
        reason = chunk.hindrance(bench)
        if reason:
            bench.record.skip(chunk.name, reason)
            say(f"{chunk.name}: skipped, {reason}")
            continue
        for piece in left(bench, chunk):
            if until.over:
                say(what_is_left(bench, chunks))
                return False
            say(f"{chunk.name}: {piece}")
            bench.record.put(chunk.name, piece, _run(bench, chunk, piece, until.clock))
            write_page(bench, chunks)
    write_page(bench, chunks)
    return True


def left(bench: Bench, chunk: Chunk) -> list[str]:
    """Pieces that were not run."""
    return [key for key in chunk.pieces(bench) if bench.record.piece(chunk.name, key) is None]


def failures(bench: Bench, chunks: Sequence[Chunk]) -> list[str]:
    """Pieces that failed, with the reason."""
    found = []
    for chunk in chunks:
        for key in chunk.pieces(bench):
            piece = bench.record.piece(chunk.name, key)
            if piece is not None and "failed" in piece:
                found.append(f"{chunk.name}, {key}: {piece['failed']}")
    return found


def what_is_left(bench: Bench, chunks: Sequence[Chunk]) -> str:
    """One line; pieces that depend on others are counted as far as they are known."""
    counts = {chunk.name: len(left(bench, chunk)) for chunk in chunks
              if not chunk.hindrance(bench)}  # fmt: skip
    named = ", ".join(f"{count} of {name}" for name, count in counts.items() if count)
    return f"time is up; left are {named}; run the same command again to go on"


def _run(bench: Bench, chunk: Chunk, piece: str, clock: Callable[[], float]) -> dict[str, Any]:
    """What a piece gave, or why it failed."""
    begin_s = clock()
    try:
        gave = chunk.run(bench, piece)
        json.dumps(gave, allow_nan=False)
    except Exception as error:  # becomes a failed piece, with its reason
        lines = traceback.format_exception(error)
        gave = {"failed": f"{type(error).__name__}: {error}", "traceback": lines[-4:]}
    now = datetime.now().isoformat(timespec="seconds")
    return {**gave, "took_s": round(clock() - begin_s, 1), "at": now}
