"""All strategies by name."""

from __future__ import annotations

from importlib.util import find_spec

from .botorch_search import BotorchSearch
from .expected_improvement import ExpectedImprovement
from .hyperwatt import Hyperwatt
from .optuna_search import OptunaSearch
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
    Hyperwatt(),
    BotorchSearch(),
    OptunaSearch("optuna-tpe", "tpe"),
    OptunaSearch("optuna-gp", "gp"),
)

STRATEGIES: dict[str, Strategy] = {strategy.name: strategy for strategy in _ALL}
# By strategy, the extra it needs, named like the package it brings.
EXTRAS = {"botorch": "botorch", "optuna-tpe": "optuna", "optuna-gp": "optuna"}


def missing_extra(strategy: str) -> str:
    """What must be installed before a strategy can be used, in words; empty if nothing."""
    extra = EXTRAS.get(strategy)
    if extra is None or find_spec(extra) is not None:
        return ""
    return f"{strategy!r} needs the package {extra}: pip install 'hyperwatt[{extra}]'"
