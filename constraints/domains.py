"""The values that one parameter may take, and their place on the unit interval.

A domain maps the unit interval onto its values, so that spaces can be sampled, perturbed and
learned from as arrays. A discrete domain cuts the interval into one bin a value; the unit of a
value is the middle of its bin, so both ends of a range are as likely as the rest.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeGuard

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Value = int | float | str | bool


class Domain(Protocol):
    """The values a parameter may take."""

    def snap(self, units: Array) -> Array:
        """Move units in [0, 1] to the unit of the value they stand for; same shape."""
        ...

    def value(self, unit: float) -> Value:
        """The value at a unit in [0, 1]."""
        ...

    def numbers(self, units: Array) -> Array:
        """The values at units as numbers, `(n,)`; NaN at NaN.

        Raises:
            ValueError: if the values are no numbers.
        """
        ...

    def unit(self, value: object) -> float:
        """The unit of a value.

        Raises:
            ValueError: if the domain does not hold the value.
        """
        ...


class Discrete(Domain, Protocol):
    """A domain of finitely many values."""

    @property
    def values(self) -> Sequence[Value]:
        """All of them, in order."""
        ...


def is_discrete(domain: Domain) -> TypeGuard[Discrete]:
    """Whether a domain has finitely many values."""
    return not isinstance(domain, Float)


@dataclass(frozen=True)
class Float:
    """Real numbers from `low` to `high`; on a logarithmic scale if `log`."""

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        _check_range(self.low, self.high, self.log)

    def snap(self, units: Array) -> Array:
        """Every unit stands for itself; of a single value, the middle."""
        return np.clip(units, 0.0, 1.0) if self.high > self.low else np.full(len(units), 0.5)

    def value(self, unit: float) -> float:
        """The number at a unit, kept inside the range whatever the rounding."""
        low, high = _scaled(self.low, self.log), _scaled(self.high, self.log)
        raw = low + unit * (high - low)
        return float(min(max(math.exp(raw) if self.log else raw, self.low), self.high))

    def numbers(self, units: Array) -> Array:
        """The numbers at units, `(n,)`; NaN at NaN."""
        low, high = _scaled(self.low, self.log), _scaled(self.high, self.log)
        raw = low + units * (high - low)
        return np.clip(np.exp(raw) if self.log else raw, self.low, self.high)

    def unit(self, value: object) -> float:
        """The place of a number in the range."""
        if not _is_number(value) or not self.low <= value <= self.high:
            raise ValueError(f"must lie in [{self.low}, {self.high}], got {value!r}")
        low, high = _scaled(self.low, self.log), _scaled(self.high, self.log)
        return (_scaled(value, self.log) - low) / (high - low) if high > low else 0.5


@dataclass(frozen=True)
class Int:
    """Whole numbers from `low` to `high`, both included; logarithmic if `log`."""

    low: int
    high: int
    log: bool = False

    def __post_init__(self) -> None:
        _check_range(self.low, self.high, self.log)

    @property
    def values(self) -> range:
        """All numbers of the range."""
        return range(self.low, self.high + 1)

    def snap(self, units: Array) -> Array:
        """To the middle of the bin; bins are wider for small numbers if `log`."""
        return self._middles(self.numbers(units))

    def value(self, unit: float) -> int:
        """The number whose bin holds the unit."""
        return int(self.numbers(np.array([unit]))[0])

    def unit(self, value: object) -> float:
        """The middle of a number's bin."""
        if not _is_whole(value) or not self.low <= value <= self.high:
            raise ValueError(f"must be a whole number in [{self.low}, {self.high}], got {value!r}")
        return float(self._middles(np.array([float(value)]))[0])

    def numbers(self, units: Array) -> Array:
        """The numbers at units, `(n,)`: bins reach half a number to either side; NaN at NaN."""
        first, last = self._scaled(self.low - 0.5), self._scaled(self.high + 0.5)
        raw = first + np.clip(units, 0.0, 1.0) * (last - first)
        number = np.floor((np.exp(raw) if self.log else raw) + 0.5)
        return np.asarray(np.clip(number, self.low, self.high))

    def _middles(self, numbers: Array) -> Array:
        first, last = self._scaled(self.low - 0.5), self._scaled(self.high + 0.5)
        if not self.log:
            return np.asarray((numbers - first) / (last - first))
        middles = (np.log(numbers - 0.5) + np.log(numbers + 0.5)) / 2
        return np.asarray((middles - first) / (last - first))

    def _scaled(self, border: float) -> float:
        return math.log(border) if self.log else border


@dataclass(frozen=True)
class Choice:
    """One of a few values; `ordered` if near ones in the list are alike."""

    values: tuple[Value, ...]
    ordered: bool = False

    def __post_init__(self) -> None:
        if not self.values:
            raise ValueError("a choice needs at least one value, got an empty list")
        if any(isinstance(value, float) and not math.isfinite(value) for value in self.values):
            raise ValueError(f"the values of a choice must be finite, got {list(self.values)}")
        if len({(type(value), value) for value in self.values}) < len(self.values):
            raise ValueError(f"the values of a choice must differ, got {list(self.values)}")

    def snap(self, units: Array) -> Array:
        """To the middle of the bin."""
        return np.asarray((self._bins(units) + 0.5) / len(self.values))

    def value(self, unit: float) -> Value:
        """The value whose bin holds the unit."""
        return self.values[int(self._bins(np.array([unit]))[0])]

    def unit(self, value: object) -> float:
        """The middle of a value's bin; `1`, `1.0` and `True` are three values."""
        for index, known in enumerate(self.values):
            if type(known) is type(value) and known == value:
                return (index + 0.5) / len(self.values)
        raise ValueError(f"must be one of {list(self.values)}, got {value!r}")

    def numbers(self, units: Array) -> Array:
        """The values at units as numbers, `(n,)`; NaN at NaN.

        Raises:
            ValueError: if the values are no numbers.
        """
        known = ~np.isnan(units)
        found = np.full(len(units), np.nan)
        found[known] = np.array(self.values, dtype=np.float64)[self._bins(units[known])]
        return found

    def _bins(self, units: Array) -> NDArray[np.intp]:
        count = len(self.values)
        return np.minimum((np.clip(units, 0.0, 1.0) * count).astype(np.intp), count - 1)


def _check_range(low: float, high: float, log: bool) -> None:
    if low > high:
        raise ValueError(f"`low` must not be above `high`, got {low} > {high}")
    if log and low <= 0:
        raise ValueError(f"a log range needs `low` > 0, got {low}; raise it or drop `log`")
    if not (math.isfinite(low) and math.isfinite(high)):
        raise ValueError(f"a range must be finite, got [{low}, {high}]")


def _scaled(value: float, log: bool) -> float:
    return math.log(value) if log else float(value)


def _is_number(value: Any) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
