"""A table of a report: raw numbers for files, and the same as text for people."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, eq=False)
class Table:
    """What a report shows under one title.

    Attributes:
        title: for people.
        frame: tidy and raw; units stand in the names of columns or in a column `unit`, and what is
            not known is missing.
        shown: text cells for people, units within.
        note: what must be known to read it; empty if nothing.
    """

    title: str
    frame: pd.DataFrame
    shown: pd.DataFrame
    note: str = ""

    @property
    def empty(self) -> bool:
        """Whether there is nothing to show."""
        return self.shown.empty

    @property
    def name(self) -> str:
        """For a file.

        >>> Table("Speed-up of a, against b", pd.DataFrame(), pd.DataFrame()).name
        'speed-up-of-a-against-b'
        """
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")


def with_rows(tables: Sequence[Table]) -> list[Table]:
    """Those that have something to show."""
    return [table for table in tables if not table.empty]


def sentences(*parts: str) -> str:
    """Those that say something, one after another.

    >>> sentences("One thing.", "", "Another.")
    'One thing. Another.'
    """
    return " ".join(part for part in parts if part)
