"""A recorded table: what candidates cost and how their training went, measured once by somebody.

Rows are found by the units of their parameters, so that a candidate and its row meet whatever the
types of a file (an integer that CSV made a float, a category of Parquet).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..constraints.domains import Array, Domain, Int, is_discrete
from ..constraints.errors import DataError, Fault, SpecError, did_you_mean
from ..constraints.space import Space, row_keys

if TYPE_CHECKING:
    import pandas as pd

RECORDED = "recorded:"  # begins the kind of device of what a table says
ENUMERABLE = 200_000  # points of a space that are held against a table; seconds at ten times


@dataclass(frozen=True)
class Value:
    """A number of a row: `offset + scale * column`; without a column, `offset` for all rows.

    Attributes:
        place: where a spec asks for it, for error messages.
        column: of the table.
    """

    place: str
    column: str | None
    scale: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, eq=False)
class Recording:
    """The rows of a table that are candidates of a space.

    Attributes:
        name: of the table.
        space: of the candidates.
        units: `(n, d)`, a row a candidate.
        values: `(n,)` by the place that asks for them, in SI units.
    """

    name: str
    space: Space
    units: Array
    values: Mapping[str, Array]

    @property
    def device_kind(self) -> str:
        """As a kind of device of its own: never mixed with what is measured here."""
        return f"{RECORDED}{self.name}"

    def row_of(self, candidate: Mapping[str, object]) -> int | None:
        """The row of a candidate; None if it is not in the table."""
        return self._rows.get(row_keys(self.space.encode([candidate]))[0])

    @cached_property
    def _rows(self) -> dict[bytes, int]:
        return {key: row for row, key in enumerate(row_keys(self.units))}


def read_recording(path: str, space: Space, values: Sequence[Value], *, partial: bool) -> Recording:
    """Read a table.

    Args:
        path: of a CSV or Parquet file with a column a parameter; a parameter that does not exist
            in a row is empty there.
        space: of the candidates; rows outside it are left out.
        values: that are needed of each row.
        partial: whether points of the space may be missing, and rows lack a value; they are no
            candidates then.

    Raises:
        DataError: if the file is not there or is no table.
        SpecError: with all faults: columns that are missing, candidates that are missing or stand
            there twice, values that are missing.
    """
    frame = _read(Path(path))
    faults = [
        *_missing_columns(frame, [(f"space.{name}", name) for name in space.names]),
        *_missing_columns(frame, [(v.place, v.column) for v in values if v.column]),
    ]
    if faults:
        raise SpecError(f"the table {path}", faults)
    units, inside = _units_of(frame, space)
    read = {value.place: _numbers(frame, value)[inside] for value in values}
    whole = np.ones(len(units), dtype=bool)
    for column in read.values():
        whole &= np.isfinite(column)
    if not partial:
        faults += _holes(values, read)
    faults += _doubles(space, units[whole])
    if not partial and not faults:
        faults += _absent(space, units)
    if not whole.any():
        faults.append(Fault("table.path", "no row of the table is a whole candidate of the space"))
    if faults:
        raise SpecError(f"the table {path}", faults)
    kept = {place: column[whole] for place, column in read.items()}
    return Recording(Path(path).stem, space, units[whole], kept)


def _read(path: Path) -> pd.DataFrame:
    import pandas as pd

    readers: dict[str, Any] = {".csv": pd.read_csv, ".parquet": pd.read_parquet}
    if path.suffix not in readers:
        raise DataError(f"`table.path` must be a .csv or .parquet file, got {str(path)!r}")
    if not path.is_file():
        raise DataError(f"`table.path`: there is no file {str(path)!r}")
    try:
        frame: pd.DataFrame = readers[path.suffix](path)
    except (ValueError, OSError) as error:
        raise DataError(f"`table.path`: {path} is no {path.suffix[1:]} file: {error}") from error
    return frame


def _missing_columns(frame: pd.DataFrame, wanted: Sequence[tuple[str, str | None]]) -> list[Fault]:
    names = [str(name) for name in frame.columns]
    return [
        Fault(place, f"the table has no column {name!r}; {did_you_mean(str(name), names)}")
        for place, name in wanted
        if name not in names
    ]


def _numbers(frame: pd.DataFrame, value: Value) -> Array:
    if value.column is None:
        return np.full(len(frame), value.offset)
    import pandas as pd

    column = pd.to_numeric(frame[value.column], errors="coerce")
    return value.offset + value.scale * column.to_numpy(dtype=np.float64, na_value=np.nan)


def _units_of(frame: pd.DataFrame, space: Space) -> tuple[Array, Any]:
    """Units of the rows inside the space, and which rows these are."""
    columns = []
    inside = np.ones(len(frame), dtype=bool)
    for parameter in space.parameters:
        values = frame[parameter.name]
        known = {value: _unit(parameter.domain, value) for value in values.dropna().unique()}
        units = values.astype(object).map(known).to_numpy(dtype=np.float64)
        inside &= np.isfinite(units) | values.isna().to_numpy()
        columns.append(units)
    raw = np.column_stack(columns)
    snapped = space.snap(np.nan_to_num(raw, nan=0.5))  # blanks what does not exist
    inside &= (np.isnan(snapped) == np.isnan(raw)).all(axis=1)
    return snapped[inside], inside


def _unit(domain: Domain, value: Any) -> float:
    """The unit of a cell; NaN if the domain does not hold it."""
    plain = value.item() if hasattr(value, "item") else value
    if isinstance(plain, float) and plain.is_integer() and _is_whole(domain, plain):
        plain = int(plain)
    try:
        return domain.unit(plain)
    except ValueError:
        return float("nan")


def _is_whole(domain: Domain, value: float) -> bool:
    """Whether a domain has the value as an integer: an empty cell makes a column one of floats."""
    return isinstance(domain, Int) or (
        is_discrete(domain) and any(type(v) is int and v == value for v in domain.values)
    )


def _holes(values: Sequence[Value], read: Mapping[str, Array]) -> list[Fault]:
    faults = []
    for value in values:
        empty = int((~np.isfinite(read[value.place])).sum())
        if empty:
            says = f"{empty:,} rows have no number in column {value.column!r}"
            faults.append(Fault(value.place, f"{says}; set `table.partial` to leave them out"))
    return faults


def _doubles(space: Space, units: Array) -> list[Fault]:
    keys = row_keys(units)
    seen: set[bytes] = set()
    for row, key in enumerate(keys):
        if key in seen:
            candidate = dict(space.candidate(units[row]))
            says = f"{len(keys) - len(set(keys)):,} candidates stand twice, the first is"
            return [Fault("table.path", f"{says} {candidate}; keep one row of each")]
        seen.add(key)
    return []


def _absent(space: Space, units: Array) -> list[Fault]:
    """A table that is not partial must hold every point of its space."""
    every = space.enumerate(ENUMERABLE)
    if every is None:
        says = f"the space is continuous or has over {ENUMERABLE:,} points, so the table cannot"
        return [Fault("table.partial", f"{says} hold all of it; set it to true")]
    there = set(row_keys(units))
    lacking = [row for row, key in zip(every, row_keys(every), strict=True) if key not in there]
    if not lacking:
        return []
    says = f"{len(lacking):,} of {len(every):,} candidates are not in the table, the first is"
    remedy = "set `table.partial` to search only those that are"
    return [Fault("table.path", f"{says} {dict(space.candidate(lacking[0]))}; {remedy}")]
