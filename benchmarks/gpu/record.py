"""The JSON of a check: every piece is written at once, so that a kill loses only the one under way.

{"about": {...}, "skipped": {chunk: reason}, "chunks": {chunk: {piece: {...}}}}
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SAME = ("device", "device_kind", "quick")  # of what is added to one file


class RecordError(ValueError):
    """The file is no record, or of something else."""


@dataclass(frozen=True, eq=False)
class Record:
    """What was measured, as it lies in a file.

    Attributes:
        path: of the file.
        content: of it; changed by the methods alone.
    """

    path: Path
    content: dict[str, Any] = field(default_factory=dict)

    @staticmethod
    def open(path: Path, about: Mapping[str, Any]) -> Record:
        """Read a file, or begin one.

        Args:
            path: of the file.
            about: device, versions and date; the newest are kept.

        Raises:
            RecordError: if the file is of another device, or no record.
        """
        content: dict[str, Any] = {"about": {}, "skipped": {}, "chunks": {}}
        if path.is_file():
            content = _read(path)
            for name in SAME:
                if content["about"].get(name) != about.get(name):
                    raise RecordError(
                        f"{path} is of {name} {content['about'].get(name)!r}, not of "
                        f"{about.get(name)!r}; name another file with --out"
                    )
        content["about"] = {**content["about"], **about}
        return Record(path, content)

    @property
    def about(self) -> Mapping[str, Any]:
        """Device, versions and date."""
        found: dict[str, Any] = self.content["about"]
        return found

    def piece(self, chunk: str, key: str) -> dict[str, Any] | None:
        """What a piece gave; None if it was not run."""
        found: dict[str, Any] | None = self.content["chunks"].get(chunk, {}).get(key)
        return found

    def skipped(self, chunk: str) -> str:
        """Why a chunk could not be run; empty if it could."""
        return str(self.content["skipped"].get(chunk, ""))

    def put(self, chunk: str, key: str, piece: Mapping[str, Any]) -> None:
        """Keep a piece.

        Side effects:
            Writes the file.
        """
        self.content["chunks"].setdefault(chunk, {})[key] = dict(piece)
        self.content["skipped"].pop(chunk, None)
        self.write()

    def skip(self, chunk: str, reason: str) -> None:
        """Keep why a chunk cannot be run.

        Side effects:
            Writes the file.
        """
        self.content["skipped"][chunk] = reason
        self.write()

    def forget(self, chunk: str) -> None:
        """Drop a chunk, so that it is run again.

        Side effects:
            Writes the file.
        """
        self.content["chunks"].pop(chunk, None)
        self.write()

    def write(self) -> None:
        """Put the file in its place, whole."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        partial = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        with partial.open("w") as file:
            json.dump(self.content, file, indent=1, allow_nan=False)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self.path)


def _read(path: Path) -> dict[str, Any]:
    try:
        content: dict[str, Any] = json.loads(path.read_text())
        if {"about", "skipped", "chunks"} <= set(content):
            return content
    except (ValueError, TypeError):
        pass
    raise RecordError(f"{path} is no record of this check; name another file with --out")
