"""All strategies by name."""

from __future__ import annotations

from .expected_improvement import ExpectedImprovement
from .protocol import Strategy
from .random_search import RandomSearch
from .random_walk import RandomWalk

_ALL: tuple[Strategy, ...] = (
    RandomSearch("random", aware=False),
    RandomSearch("hw-random", aware=True),
    RandomWalk("random-walk", aware=False),
    RandomWalk("hw-random-walk", aware=True),
    ExpectedImprovement("ei", weight="none"),
    ExpectedImprovement("hw-ieci", weight="indicator"),
    ExpectedImprovement("hw-cwei", weight="probability"),
    ExpectedImprovement("hyperwatt", weight="probability", careful=True),
)

STRATEGIES: dict[str, Strategy] = {strategy.name: strategy for strategy in _ALL}
