"""What is wrong with measured rows, said before a model is fitted to them.

Three kinds of answer. Rows that no model can use are refused (`check_rows`). Rows that can be used
but teach less than they seem to are spoken of (`row_warnings`). And a number that no device of
today could have given is suspected of another unit (`suspicious_unit`): a power limit in mW, a
latency in ms or a memory in MiB look like ordinary numbers to every model.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .domains import Array
from .metrics import find_metric

FACTOR = 1000.0  # milli, kilo: the usual slip
GAP = 100.0  # no value between two groups this far apart; measured tables have steps below 10
OVERLAP = 3.0  # how far from the lower group the upper one may fall once it is divided by FACTOR

# Least and greatest median that is believed, in the metric's unit. Generous: from a microcontroller
# to a node of eight accelerators, from a two-layer network to a step of a language model.
BELIEVED = {
    "latency_s": (1e-6, 10.0),
    "train_latency_s": (1e-6, 300.0),
    "memory_bytes": (4096.0, 4e12),
    "train_memory_bytes": (4096.0, 4e12),
    "power_w": (0.01, 15_000.0),
    "train_power_w": (0.01, 15_000.0),
    "energy_j": (1e-7, 1e4),
}


def check_features(features: Array, width: int) -> None:
    """Refuse rows to be predicted that are not as wide as those of the fit.

    Raises:
        ValueError: if `features` is not `(n, width)`.
    """
    if features.ndim != 2 or features.shape[1] != width:
        raise ValueError(f"`features` must be (n, {width}), got {features.shape}")


def check_rows(features: Array, costs: Array, *, least: int = 2, logs: bool = False) -> None:
    """Refuse rows that a model cannot be fitted to.

    Args:
        features: to be `(n, d)` and finite.
        costs: to be `(n,)`, finite and not negative.
        least: how many rows the model needs.
        logs: whether logarithms are taken, so that a cost of zero is refused too.

    Raises:
        ValueError: naming the argument, the rule, the value and what to do.

    >>> check_rows(np.ones((2, 1)), np.array([1.0, 0.0]), logs=True)
    Traceback (most recent call last):
    ...
    ValueError: `costs` must be positive, because logarithms are taken; row 1 has 0.0; drop it
    """
    if features.ndim != 2 or costs.shape != (len(features),):
        raise ValueError(
            f"`features` must be (n, d) and `costs` (n,), got {features.shape} and {costs.shape}"
        )
    if len(costs) < least:
        raise ValueError(
            f"at least {least} measurements are needed to fit a model, got {len(costs)}; measure "
            "more candidates"
        )
    if not (np.isfinite(features).all() and np.isfinite(costs).all()):
        row = int(np.argmin(np.isfinite(features).all(axis=1) & np.isfinite(costs)))
        raise ValueError(
            f"`features` and `costs` must be finite, row {row} is not; drop failed trials before "
            "fitting"
        )
    if (costs < 0).any():
        row = int(np.argmin(costs))
        raise ValueError(f"`costs` must not be negative; row {row} has {costs[row]}; drop it")
    if logs and (costs == 0).any():
        row = int(np.argmin(costs))
        raise ValueError(
            f"`costs` must be positive, because logarithms are taken; row {row} has {costs[row]}; "
            "drop it"
        )


def check_work(features: Array) -> None:
    """Refuse amounts of work below zero.

    Raises:
        ValueError: naming the first row and column.
    """
    if (features < 0).any():
        row, column = np.argwhere(features < 0)[0]
        raise ValueError(
            f"`features` must be amounts of work, not negative; row {row}, column {column} has "
            f"{features[row, column]}; name the columns that are work (`columns`)"
        )


def row_warnings(features: Array, costs: Array, names: Sequence[str] = ()) -> tuple[str, ...]:
    """What makes rows teach less than they seem to; empty if nothing does.

    Args:
        features: `(n, d)`.
        costs: `(n,)`.
        names: of the features, `(d,)`; numbers if empty.

    >>> row_warnings(np.array([[1.0], [2.0]]), np.array([3.0, 3.0]))
    ('all 2 measurements are 3.0: a constant cannot show what the features do',)
    """
    said: list[str] = []
    rows, width = features.shape
    if rows and (costs == costs[0]).all():
        said.append(
            f"all {rows} measurements are {costs[0]}: a constant cannot show what the features do"
        )
    if rows <= width:
        said.append(
            f"{rows} measurements for {width} features: their effects cannot be told apart; "
            f"measure at least {2 * width} candidates"
        )
    still = np.flatnonzero((features == features[:1]).all(axis=0)) if rows > 1 else np.array([])
    if len(still):
        called = ", ".join(names[i] if names else str(i) for i in still)
        said.append(f"features that never change: {called}; another value is extrapolation")
    return tuple(said)


def suspicious_unit(metric: str, values: Array) -> str | None:
    """Whether values look as if they were in another unit, 1000 times off.

    Args:
        metric: short or full name.
        values: `(n,)`, in the unit of the metric; those not positive are passed over.

    Returns:
        What is suspected and why, or None.

    >>> suspicious_unit("power", np.array([85_000.0, 92_000.0]))
    'a median `power_w` of 8.85e+04 W is not believed (0.01 to 1.5e+04): in milli-W it would be 88.5 W'
    >>> suspicious_unit("power", np.array([85.0, 92.0])) is None
    True
    """  # noqa: E501
    known = find_metric(metric)
    values = np.asarray(values, dtype=np.float64)
    values = values[np.isfinite(values) & (values > 0)]
    if not len(values):
        return None
    jump = _jump(values)
    if jump is not None:
        below, above = jump
        return (
            f"values of `{known.name}` fall into two groups, up to {below:.3g} {known.unit} and "
            f"from {above:.3g} {known.unit}, about {FACTOR:.0f} times apart: were they measured in "
            "one unit?"
        )
    return _unbelieved(known.name, known.unit, float(np.median(values)))


def _unbelieved(name: str, unit: str, middle: float) -> str | None:
    if name not in BELIEVED or BELIEVED[name][0] <= middle <= BELIEVED[name][1]:
        return None
    low, high = BELIEVED[name]
    prefix, really = ("milli", middle / FACTOR) if middle > high else ("kilo", middle * FACTOR)
    return (
        f"a median `{name}` of {middle:.3g} {unit} is not believed ({low:.2g} to {high:.2g}): "
        f"in {prefix}-{unit} it would be {really:.3g} {unit}"
    )


def _jump(values: Array) -> tuple[float, float] | None:
    """Ends of a gap that closes when the group above it is divided by `FACTOR`."""
    ordered = np.sort(values)
    steps = ordered[1:] / ordered[:-1]
    if not len(steps) or steps.max() < GAP:
        return None
    cut = int(np.argmax(steps)) + 1
    lower, upper = ordered[:cut], ordered[cut:] / FACTOR
    closes = upper[0] <= lower[-1] * OVERLAP and upper[-1] >= lower[0] / OVERLAP
    return (float(ordered[cut - 1]), float(ordered[cut])) if closes else None
