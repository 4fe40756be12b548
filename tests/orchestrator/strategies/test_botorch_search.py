"""What the engine of the `botorch` strategy does with what it is shown."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from contract import plan_of, state_after

from hyperwatt.constraints.errors import SpecError
from hyperwatt.experiments.preflight import check_surroundings
from hyperwatt.experiments.protocol import variants_of
from hyperwatt.experiments.spec_files import load_spec
from hyperwatt.orchestrator.screening import ask_of
from hyperwatt.orchestrator.strategies import registry

# two quadratic bowls along one dimension: the first is lowest at 0.3, the second at 0.7
SEEN = np.linspace(0.0, 1.0, 9)[:, None]
AT = np.linspace(0.0, 1.0, 41)[:, None]
BOWLS = np.column_stack([(SEEN[:, 0] - 0.3) ** 2, 2.0 * (SEEN[:, 0] - 0.7) ** 2])
NOTHING = np.zeros((0, 1))


def observed(losses: np.ndarray, **changes: object) -> object:
    pytest.importorskip("botorch", reason="the extra `botorch` is not installed")
    from hyperwatt.orchestrator.strategies.botorch_acquisition import Observed

    everything = np.ones(len(losses), dtype=bool)
    return replace(Observed(SEEN, losses, everything, (), NOTHING), **changes)  # type: ignore[arg-type]


def acquired(given: object, seed: int = 0) -> np.ndarray:
    from hyperwatt.orchestrator.strategies.botorch_acquisition import log_acquisition

    return log_acquisition(given, AT, seed=seed)  # type: ignore[arg-type]


def best(given: object) -> float:
    return float(AT[np.argmax(acquired(given)), 0])


@pytest.mark.slow
def test_one_objective_is_sought_where_its_bowl_is_lowest() -> None:
    assert best(observed(BOWLS[:, :1])) == pytest.approx(0.3, abs=0.08)
    assert best(observed(BOWLS[:, 1:])) == pytest.approx(0.7, abs=0.08)


@pytest.mark.slow
def test_two_objectives_are_sought_between_their_bowls() -> None:
    assert 0.25 < best(observed(BOWLS)) < 0.75


@pytest.mark.slow
def test_what_is_pending_makes_its_neighbourhood_worth_less() -> None:
    for losses in (BOWLS[:, :1], BOWLS):
        alone, at = acquired(observed(losses)), best(observed(losses))
        beside = acquired(observed(losses, pending=np.array([[at]])))

        here = int(np.argmax(alone))
        assert beside[here] < alone[here]


@pytest.mark.slow
def test_a_learned_bound_moves_the_choice_to_where_it_holds() -> None:
    """The first bowl's best lies at 0.3; the bound holds right of the middle only."""
    limits = ((1.0 - SEEN[:, 0], 0.5),)
    given = observed(BOWLS[:, :1], limits=limits, feasible=SEEN[:, 0] >= 0.5)

    assert best(given) >= 0.45
    assert given.without_limits().outcomes.shape == (9, 1)  # type: ignore[attr-defined]


@pytest.mark.slow
def test_the_same_seed_gives_the_same_answer_and_leaves_torch_as_it_was() -> None:
    given = observed(BOWLS)
    import torch

    before = torch.random.get_rng_state()
    first, second = acquired(given, seed=3), acquired(given, seed=3)

    assert np.array_equal(first, second)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.slow
def test_kernels_are_fitted_anew_only_when_observations_have_grown_by_a_fifth() -> None:
    given = observed(BOWLS)
    from hyperwatt.orchestrator.strategies import botorch_acquisition as module

    module._fit.cache_clear()
    module._process(np.random.default_rng(0).random((29, 1)), np.arange(29.0))
    module._process(np.random.default_rng(0).random((30, 1)), np.arange(30.0))

    assert module._fit.cache_info().misses == 1
    assert given is not None


@pytest.mark.slow
def test_a_likely_breach_of_the_budget_weighs_against_a_point() -> None:
    pytest.importorskip("botorch", reason="the extra `botorch` is not installed")
    plan = plan_of("botorch")
    ask = ask_of(plan, state_after(plan))
    units = plan.strategy.pool(ask, 20)

    preference = plan.strategy.prefer(ask, units, np.linspace(0.0, 1.0, 20))

    lost = preference.vanilla - preference.constrained
    assert (np.diff(lost) < 0).all()
    assert lost[-1] == pytest.approx(0.0)


def test_a_missing_package_is_told_before_any_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "find_spec", lambda name: None)

    for refuse in (
        lambda: check_surroundings(load_spec("digits", ["strategy=botorch"])),
        lambda: variants_of(load_spec("digits"), ["random", "botorch"], "as-is"),
    ):
        with pytest.raises(SpecError, match=r"pip install 'hyperwatt\[botorch\]'"):
            refuse()


@pytest.mark.slow
def test_strategies_are_known_without_loading_torch() -> None:
    code = (
        "import sys, hyperwatt.orchestrator.strategies.registry; "
        "sys.exit('torch' in sys.modules or 'botorch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
