"""A family of networks: what it takes, whether a candidate fits, and how it is built."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...constraints.errors import NetworkError

if TYPE_CHECKING:
    from torch import nn

Config = Mapping[str, Any]
Shape = tuple[int, ...]


@dataclass(frozen=True)
class Family:
    """A way to make a network from hyper-parameters.

    Attributes:
        name: as specs say it.
        structural_names: every hyper-parameter that can shape a network of this family.
        check: `(config, input_shape, classes)`; raises NetworkError if it cannot be built. Cheap.
        build: `(config, input_shape, classes)`; the network, randomly initialised by torch's
            global generator; its output is `(n, classes)`, not yet normalised.
    """

    name: str
    structural_names: Callable[[], frozenset[str]]
    check: Callable[[Config, Shape, int], None]
    build: Callable[[Config, Shape, int], nn.Module]


def whole(config: Config, name: str, default: int, *, low: int, high: int | None = None) -> int:
    """A whole-numbered hyper-parameter.

    Raises:
        NetworkError: if it is not whole or out of its range.

    >>> whole({"fc_layers": 2}, "fc_layers", 1, low=0, high=3)
    2
    """
    value = config.get(name, default)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(value) or value != int(value):
        raise NetworkError(f"`{name}` must be a whole number, got {value!r}")
    if value < low or (high is not None and value > high):
        allowed = f"at least {low}" if high is None else f"from {low} to {high}"
        raise NetworkError(f"`{name}` must be {allowed}, got {value}")
    return int(value)


def dropout_share(config: Config) -> float:
    """The share of activations that `dropout` silences while training.

    Raises:
        NetworkError: if it is no share below 1.
    """
    value = config.get("dropout", 0.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise NetworkError(f"`dropout` must be a number from 0 up to but not 1, got {value!r}")
    return float(value)
