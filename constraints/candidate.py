"""One point of a space: its active parameters, and nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from .domains import Value


@dataclass(frozen=True, eq=False)
class Candidate(Mapping[str, Value]):
    """A hashable mapping of active parameters to values.

    A parameter that does not exist under its parent's value is absent, so two candidates that
    differ in nothing that matters are equal.

    >>> Candidate({"b": 1, "a": 2}) == Candidate({"a": 2, "b": 1})
    True
    >>> Candidate({"a": 1}).key == Candidate({"a": 1.0}).key
    False
    """

    settings: Mapping[str, Value]

    @cached_property
    def key(self) -> str:
        """A name that is the same on every machine: 12 hexadecimal digits."""
        text = json.dumps(dict(sorted(self.settings.items())), separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def __getitem__(self, name: str) -> Value:
        """The value of an active parameter."""
        return self.settings[name]

    def __iter__(self) -> Iterator[str]:
        """The names of the active parameters."""
        return iter(self.settings)

    def __len__(self) -> int:
        """How many parameters are active."""
        return len(self.settings)

    def __hash__(self) -> int:
        """By value."""
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        """By value, types included."""
        return isinstance(other, Candidate) and self.key == other.key
