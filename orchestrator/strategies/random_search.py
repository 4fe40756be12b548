"""Random search: uniform points, in the order in which they were drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...constraints.domains import Array
from .protocol import Ask, Preference


@dataclass(frozen=True)
class RandomSearch:
    """Uniform over the space; behind the gate if `aware` (HyperPower's Rand)."""

    name: str
    aware: bool
    careful: bool = False
    refinements: tuple[float, ...] = ()

    def pool(self, ask: Ask, count: int) -> Array:
        """Uniform."""
        return ask.space.sample(count, ask.rng)

    def prefer(self, ask: Ask, units: Array, probability: Array) -> Preference:
        """The first drawn is the best."""
        return in_order_of_draw(len(units))


def in_order_of_draw(count: int) -> Preference:
    """No preference but the order of the draw, with and without constraints."""
    order = -np.arange(count, dtype=np.float64)
    return Preference(order, order, drawn=True)
