"""Fully-connected networks: 1 to 4 hidden layers with ReLU and dropout."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from .family import Config, Family, Shape, dropout_share, whole

if TYPE_CHECKING:
    from torch import nn

MAX_HIDDEN_LAYERS = 4
DEFAULT_UNITS = 64


def structural_names() -> frozenset[str]:
    """Every hyper-parameter that shapes such a network."""
    units = {f"hidden{i}_units" for i in range(1, MAX_HIDDEN_LAYERS + 1)}
    return frozenset({"hidden_layers", "dropout"} | units)


def plan(config: Config) -> tuple[list[int], float]:
    """Units of each hidden layer, and the dropout.

    Raises:
        NetworkError: if a hyper-parameter is out of its range.

    >>> plan({"hidden_layers": 2, "hidden1_units": 32})
    ([32, 64], 0.0)
    """
    depth = whole(config, "hidden_layers", 1, low=1, high=MAX_HIDDEN_LAYERS)
    names = [f"hidden{i}_units" for i in range(1, depth + 1)]
    return [whole(config, name, DEFAULT_UNITS, low=1) for name in names], dropout_share(config)


def check(config: Config, input_shape: Shape, classes: int) -> None:
    """See `Family.check`."""
    plan(config)


def build(config: Config, input_shape: Shape, classes: int) -> nn.Module:
    """See `Family.build`."""
    from torch import nn

    hidden, dropout = plan(config)
    layers: list[nn.Module] = [nn.Flatten()]
    width = prod(input_shape)
    for units in hidden:
        layers += [nn.Linear(width, units), nn.ReLU()]
        layers += [nn.Dropout(dropout)] if dropout else []
        width = units
    return nn.Sequential(*layers, nn.Linear(width, classes))


MLP = Family("mlp", structural_names, check, build)
