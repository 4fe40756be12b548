"""Random walk: the next point is a normal step away from the best one so far."""

from __future__ import annotations

from dataclasses import dataclass

from ...constraints.domains import Array
from .protocol import Ask, Preference
from .random_search import in_order_of_draw

# Standard deviation in units of each range: two steps in three stay within 15 % of it. Ours, since
# the paper's is not known; at half, walks stay nearer, at double they are soon anywhere.
STEP = 0.15


@dataclass(frozen=True)
class RandomWalk:
    """Steps from the best (feasible, if `aware`) candidate; uniform until there is one."""

    name: str
    aware: bool
    careful: bool = False
    refinements: tuple[float, ...] = ()

    def pool(self, ask: Ask, count: int) -> Array:
        """Normal steps from the incumbent."""
        best = ask.history.incumbent(aware=self.aware)
        if best is None:
            return ask.space.sample(count, ask.rng)
        return ask.space.neighbours(ask.history.units[best], count, ask.rng, spread=STEP)

    def prefer(self, ask: Ask, units: Array, probability: Array) -> Preference:
        """The first drawn is the best."""
        return in_order_of_draw(len(units))
