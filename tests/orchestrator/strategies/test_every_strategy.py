"""Every strategy of the registry keeps the contract."""

from collections.abc import Callable

import pytest
from contract import LAWS

from hyperwatt.orchestrator.strategies.registry import STRATEGIES, missing_extra

SLOW = {"botorch", "optuna-gp", "optuna-tpe"}  # seconds, for imports and fitting models


def _named(strategy: str) -> object:
    return pytest.param(strategy, marks=pytest.mark.slow if strategy in SLOW else ())


@pytest.mark.parametrize("strategy", [_named(name) for name in STRATEGIES])
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_it_keeps_the_law(strategy: str, law: Callable[[str], None]) -> None:
    if missing_extra(strategy):
        pytest.skip(missing_extra(strategy))
    law(strategy)
