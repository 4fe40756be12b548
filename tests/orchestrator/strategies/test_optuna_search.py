"""What the strategies through Optuna make of a history."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from contract import plan_of, state_after

from hyperwatt.constraints.space import row_keys
from hyperwatt.orchestrator.history import Learned
from hyperwatt.orchestrator.screening import ask_of
from hyperwatt.orchestrator.strategies import registry
from hyperwatt.orchestrator.strategies.optuna_search import ASKED, _without_outliers
from hyperwatt.orchestrator.strategies.protocol import Ask


def ask(strategy: str = "optuna-tpe", **changes: object) -> Ask:
    if registry.missing_extra(strategy):
        pytest.skip(registry.missing_extra(strategy))
    plan = plan_of(strategy)
    given = ask_of(plan, state_after(plan, trained=20))
    return replace(given, history=replace(given.history, **changes))  # type: ignore[arg-type]


def pool(given: Ask) -> np.ndarray:
    fresh = replace(given, rng=np.random.default_rng(3))
    return registry.STRATEGIES["optuna-tpe"].pool(fresh, 50)


@pytest.mark.slow
def test_a_pool_is_a_function_of_history_and_seed() -> None:
    given = ask()

    assert row_keys(pool(given)) == row_keys(pool(given))


@pytest.mark.slow
def test_what_was_learned_changes_the_points_that_were_asked_for_alone() -> None:
    given = ask()
    others = ask(every_loss=-given.history.every_loss)
    first, then = pool(given), pool(others)
    asked = ASKED["tpe"]

    assert row_keys(first[:asked]) != row_keys(then[:asked])
    assert row_keys(first[asked:]) == row_keys(then[asked:])


@pytest.mark.slow
def test_points_are_near_the_good_ones() -> None:
    # the loss is the distance from the best row: Optuna asks nearer to it than chance does
    given = ask()
    units = np.nan_to_num(given.history.units, nan=0.5)
    away = np.abs(units - units[0]).sum(axis=1)
    drawn = np.nan_to_num(pool(replace(given, history=replace(
        given.history, losses=away, every_loss=away[:, None]))), nan=0.5)  # fmt: skip
    distance = np.abs(drawn - units[0]).sum(axis=1)

    assert distance[: ASKED["tpe"]].mean() < distance[ASKED["tpe"] :].mean()


@pytest.mark.slow
def test_a_learned_limit_is_told() -> None:
    given = ask()
    values = np.linspace(-1.0, 1.0, len(given.history.losses))
    limited = replace(given, history=replace(given.history, learned=(Learned(values, 0.0),)))

    assert row_keys(pool(given)) != row_keys(pool(limited))


@pytest.mark.slow
def test_what_is_under_way_is_told() -> None:
    given = ask()
    busy = replace(given, history=replace(given.history, pending=given.history.units[:5]))

    assert row_keys(pool(given)) != row_keys(pool(busy))


def test_exploded_losses_are_cut_off_and_the_others_kept() -> None:
    losses = np.array([0.3, 0.1, 0.2, 1e300, 0.4])
    kept = _without_outliers(losses)

    assert kept[3] < 10
    assert kept[3] == kept.max()
    assert np.array_equal(np.delete(kept, 3), np.delete(losses, 3))


def test_a_missing_package_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda name: None)

    assert "pip install 'hyperwatt[optuna]'" in registry.missing_extra("optuna-gp")


@pytest.mark.slow
def test_the_registry_does_not_load_optuna() -> None:
    code = "import sys, hyperwatt.orchestrator.strategies.registry; print('optuna' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert said.stdout.strip() == "False"
