"""Quantities as people write them (`85 W`, `1.15 GB`), and the SI values we keep.

`GB` is 1e9 bytes and `GiB` is 2**30. Conversion happens here and nowhere else.
"""

from __future__ import annotations

import math
import re

from .errors import UnitError

SCALES: dict[str, dict[str, float]] = {
    "W": {"W": 1.0, "mW": 1e-3, "kW": 1e3},
    "J": {"J": 1.0, "uJ": 1e-6, "mJ": 1e-3, "kJ": 1e3, "Wh": 3600.0},
    "s": {"s": 1.0, "us": 1e-6, "ms": 1e-3, "min": 60.0, "h": 3600.0},
    "B": {
        "B": 1.0,
        "kB": 1e3,
        "MB": 1e6,
        "GB": 1e9,
        "KiB": 2.0**10,
        "MiB": 2.0**20,
        "GiB": 2.0**30,
    },
}
_QUANTITY = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*([A-Za-zµ]*)\s*")
_SHOWN = {"W": ("W", "mW"), "J": ("kJ", "J", "mJ", "uJ"), "s": ("s", "ms", "us"),
          "B": ("GB", "MB", "kB", "B")}  # fmt: skip


def parse_quantity(text: object, unit: str) -> float:
    """Read a positive quantity.

    Args:
        text: number with a unit, as a string.
        unit: SI unit of the value wanted: `W`, `J`, `s`, `B`, or empty for a plain number.

    Returns:
        The value in `unit`.

    Raises:
        UnitError: if there is no unit, another one, or the number is not positive and finite.

    >>> parse_quantity("1.15 GB", "B")
    1150000000.0
    >>> parse_quantity("20 ms", "s")
    0.02
    """
    if not unit:
        return _positive(_plain_number(text), text)
    units = ", ".join(SCALES[unit])
    match = _QUANTITY.fullmatch(text) if isinstance(text, str) else None
    if match is None or not match[2]:
        raise UnitError(f"needs a number with a unit ({units}), got {text!r}")
    scale = SCALES[unit].get(match[2].replace("µ", "u"))
    if scale is None:
        raise UnitError(f"needs one of the units {units}, got {text!r}")
    return _positive(float(match[1]) * scale, text)


def readable_unit(value: float, unit: str) -> tuple[str, float]:
    """The unit in which a value is best read, and its size in `unit`.

    >>> readable_unit(0.0214, "s")
    ('ms', 0.001)
    """
    if not unit:
        return "", 1.0
    fitting = [step for step in _SHOWN[unit] if abs(value) >= SCALES[unit][step]]
    chosen = fitting[0] if fitting else _SHOWN[unit][-1]
    return chosen, SCALES[unit][chosen]


def format_quantity(value: float, unit: str) -> str:
    """Write a value for people, with three significant digits.

    >>> format_quantity(0.0214, "s"), format_quantity(1.15e9, "B"), format_quantity(0.5, "")
    ('21.4 ms', '1.15 GB', '0.5')
    """
    if not unit or not math.isfinite(value):
        return f"{value:.3g} {unit}".strip()
    chosen, scale = readable_unit(value, unit)
    return f"{value / scale:.4g} {chosen}" if value else f"0 {unit}"


def format_duration(value_s: float) -> str:
    """Write a time for people, from two minutes on in minutes or hours.

    >>> format_duration(119.0), format_duration(323.0), format_duration(36000.0)
    ('119 s', '5.4 min', '10 h 0 min')
    """
    if not math.isfinite(value_s) or value_s < 120:
        return format_quantity(value_s, "s")
    if round(value_s / 60, 1) < 60:
        return f"{value_s / 60:.1f} min"
    hours, minutes = divmod(round(value_s / 60), 60)
    return f"{hours} h {minutes} min"


def _plain_number(text: object) -> float:
    if isinstance(text, bool) or not isinstance(text, int | float | str):
        raise UnitError(f"needs a number, got {text!r}")
    try:
        return float(text)
    except ValueError as error:
        raise UnitError(f"needs a plain number without a unit, got {text!r}") from error


def _positive(value: float, text: object) -> float:
    if not math.isfinite(value) or value <= 0:
        raise UnitError(f"must be greater than 0, got {text!r}")
    return value
