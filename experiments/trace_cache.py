"""Traced work, kept in a run's folder so that reading a run traces nothing again."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import numpy as np

from ..constraints.domains import Array


@dataclass(frozen=True, eq=False)
class TraceCache:
    """Traced work by candidate; one JSON line each. A line that is damaged is traced anew.

    Attributes:
        path: of the file; None keeps it in memory alone.
        known: what was read or traced; None for what cannot be traced.
        before: how to open the file, and what to write, before the next line.
    """

    path: Path | None
    known: dict[str, Array | None] = field(default_factory=dict)
    before: list[tuple[str, str]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    @staticmethod
    def open(path: Path | None, seen: str = "") -> TraceCache:
        """Read what is there; nothing is written before something is traced.

        Args:
            path: of the file.
            seen: what was traced and how; a file of anything else is begun anew.
        """
        cache = TraceCache(path)
        head = json.dumps({"seen": seen}) + "\n"
        text = path.read_text() if path is not None and path.is_file() else ""
        if not text.startswith(head):
            cache.before.append(("w", head))
            return cache
        for line in text.splitlines()[1:]:
            try:
                key, values = json.loads(line)
            except ValueError:  # cut short by a crash
                continue
            cache.known[key] = None if values is None else np.array(values)
        if not text.endswith("\n"):
            cache.before.append(("a", "\n"))
        return cache

    def get(self, key: str, trace: Callable[[], Array | None]) -> Array | None:
        """What is known of a candidate, or what `trace` says.

        Side effects:
            Appends to the file, if its folder is there.
        """
        if key not in self.known:
            found = trace()
            with self.lock:
                self.known[key] = found
                self._append(key, found)
        return self.known[key]

    def _append(self, key: str, found: Array | None) -> None:
        if self.path is None or not os.access(self.path.parent, os.W_OK):
            return
        while self.before:
            mode, text = self.before.pop()
            with self.path.open(mode) as file:
                file.write(text)
        with self.path.open("a") as file:
            file.write(json.dumps([key, None if found is None else found.tolist()]) + "\n")
