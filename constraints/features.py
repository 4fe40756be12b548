"""How models see a candidate: arrays made from hyper-parameters alone.

Two encodings. A surrogate of the objective sees every parameter on the unit interval. A cost model
sees the structural parameters `z` in their own units, since a cost grows with the number of units
in a layer and not with its rank in a range. Both carry a column that says whether a conditional
parameter exists, so that "absent" is not mistaken for a value.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
from numpy.typing import NDArray

from .domains import Array, Choice
from .space import Parameter, Space

Columns = Callable[[Parameter, Array], list[Array]]


def surrogate_features(space: Space, units: Array) -> Array:
    """Encode points for a surrogate of the objective.

    Args:
        space: of the points.
        units: `(n, d)` snapped, NaN where inactive.

    Returns:
        `(n, D)` in [0, 1]: units (the middle of the range where inactive), one column a value for
        unordered choices, and one column for each conditional parameter's existence.
    """
    return _stack(space, units, space.names, _scaled_columns)


def surrogate_groups(space: Space) -> NDArray[np.intp]:
    """Which parameter each column of `surrogate_features` belongs to, `(D,)`, counted from 0."""
    one = np.zeros(1)
    widths = [len(_scaled_columns(p, one)) + bool(p.when) for p in space.parameters]
    return np.repeat(np.arange(len(widths)), widths)


def structural_features(space: Space, units: Array, structural: Collection[str]) -> Array:
    """Encode points for a cost model: `z` of HyperPower, in the parameters' own units.

    Args:
        space: of the points.
        units: `(n, d)` snapped, NaN where inactive.
        structural: names of the parameters that shape the network; others cost nothing.

    Returns:
        `(n, D)`; an inactive parameter contributes nothing, and its existence column says so.
    """
    return _stack(space, units, structural, _raw_columns)


def feature_names(space: Space, structural: Collection[str]) -> tuple[str, ...]:
    """Names of the columns of `structural_features`."""
    names: list[str] = []
    for parameter in space.parameters:
        if parameter.name in structural:
            names += _column_names(parameter)
            names += [f"{parameter.name}?"] if parameter.when else []
    return tuple(names)


def _column_names(parameter: Parameter) -> list[str]:
    domain = parameter.domain
    if isinstance(domain, Choice) and not _is_numeric(domain):
        return [f"{parameter.name}={value}" for value in domain.values]
    return [parameter.name]


def _is_numeric(domain: Choice) -> bool:
    return all(isinstance(value, int | float) for value in domain.values)


def _stack(space: Space, units: Array, names: Collection[str], columns: Columns) -> Array:
    stacked = [np.zeros((len(units), 0))]
    for j, parameter in enumerate(space.parameters):
        if parameter.name not in names:
            continue
        stacked += columns(parameter, units[:, j])
        if parameter.when:
            stacked.append(~np.isnan(units[:, j]))
    return np.column_stack(stacked).astype(np.float64)


def _scaled_columns(parameter: Parameter, units: Array) -> list[Array]:
    domain = parameter.domain
    if isinstance(domain, Choice) and not domain.ordered and len(domain.values) > 2:
        return _one_hot(domain, units)
    return [np.where(np.isnan(units), 0.5, units)]


def _raw_columns(parameter: Parameter, units: Array) -> list[Array]:
    domain = parameter.domain
    if isinstance(domain, Choice) and not _is_numeric(domain):
        return _one_hot(domain, units)
    return [np.nan_to_num(domain.numbers(units), nan=0.0)]


def _one_hot(domain: Choice, units: Array) -> list[Array]:
    near = 0.25 / len(domain.values)  # a quarter of a bin; NaN is near nothing
    return [(np.abs(units - domain.unit(v)) < near).astype(np.float64) for v in domain.values]
