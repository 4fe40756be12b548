"""A model that fails or is late neither ends nor holds up a sweep, and the journal says so."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from toys import evaluate, make_plan, models_of, sweep

from hyperwatt.constraints.domains import Array
from hyperwatt.constraints.encoding import StructuralEncoding
from hyperwatt.constraints.linear import LinearModel, LinearRecipe
from hyperwatt.orchestrator.events import Proposed
from hyperwatt.orchestrator.plan import Limits, Plan
from hyperwatt.orchestrator.search import Search
from hyperwatt.orchestrator.state import State
from hyperwatt.orchestrator.strategies.hyperwatt import Hyperwatt
from hyperwatt.orchestrator.strategies.protocol import Ask, Preference


@dataclass(frozen=True)
class Broken(Hyperwatt):
    """Ranks nothing from the eighth training on."""

    def prefer(self, ask: Ask, units: Array, probability: Array) -> Preference:
        if len(ask.history.losses) >= 8:
            raise np.linalg.LinAlgError("not positive definite")
        return super().prefer(ask, units, probability)


@dataclass(frozen=True)
class FailsLater:
    """A recipe that fits thirteen rows and no more."""

    name: str = "fails later"
    version: int = 1

    def fit(self, features: Array, costs: Array) -> LinearModel:
        if len(costs) > 13:
            raise np.linalg.LinAlgError("singular")
        return LinearRecipe(1e-6).fit(features, costs)


class Blind(StructuralEncoding):
    """Tells nothing of any candidate."""

    def exact(self, units: Array) -> Array:
        raise ValueError("blind")


def finished(plan: Plan, path: Path) -> State:
    return sweep(plan, path / "j", lambda trial: evaluate(trial, plan))


def test_a_strategy_that_fails_goes_on_at_random_inside_the_budget(tmp_path: Path) -> None:
    plan = make_plan(strategy="hyperwatt")
    state = finished(replace(plan, strategy=Broken()), tmp_path)
    trained = state.of("train")

    assert len(trained) == plan.limits.trials
    assert [t.proposed.note for t in trained[:5]] == [""] * 5
    assert trained[-1].proposed.note == "LinAlgError: not positive definite"
    assert all(trial.verdict.admitted for trial in trained)


def test_cost_models_that_fail_leave_straight_lines(tmp_path: Path) -> None:
    models = replace(models_of(make_plan().space), recipe_of=lambda metric: FailsLater())
    state = finished(make_plan("hw-ieci", models=models), tmp_path)
    last = state.of("train")[-1]

    assert last.proposed.note == "costs by straight lines, as others failed: LinAlgError: singular"
    assert last.verdict.admitted
    assert last.verdict.costs


def test_cost_models_that_never_fitted_leave_straight_lines(tmp_path: Path) -> None:
    models = replace(models_of(make_plan().space), recipe_of=lambda metric: FailsLater())
    plan = make_plan("hw-ieci", models=models, profile_candidates=20)
    state = finished(plan, tmp_path)
    first = state.of("train")[0]

    assert first.proposed.note == "costs by straight lines, as others failed: LinAlgError: singular"
    assert first.verdict.costs
    assert len(state.of("train")) == plan.limits.trials


def test_where_no_model_can_be_fitted_the_error_is_told(tmp_path: Path) -> None:
    plan = make_plan("hw-ieci", profile_candidates=20)
    models = replace(plan.models, encoding=Blind(plan.space, frozenset(plan.space.names)))

    with pytest.raises(ValueError, match="blind"):
        finished(replace(plan, models=models), tmp_path)


def test_a_stopgap_needs_a_gate_that_was_fitted(tmp_path: Path) -> None:
    plan = make_plan("hw-ieci", limits=Limits(5, 1e6, 1))
    state = finished(plan, tmp_path)
    state = replace(state, ended=None)
    search = Search(replace(plan, limits=Limits(10, 1e6, 1)))

    assert search.think_quickly(state, 0.0) == []
    search.gate(state)
    (stopgap,) = search.think_quickly(state, 0.0)
    assert isinstance(stopgap, Proposed)
    assert stopgap.verdict.admitted
    assert stopgap.note == "the models took too long"


def test_a_vanilla_strategy_has_a_stopgap_at_once() -> None:
    (stopgap,) = Search(make_plan("ei")).think_quickly(State(), 0.0)

    assert isinstance(stopgap, Proposed)


def test_a_finished_sweep_has_no_stopgap(tmp_path: Path) -> None:
    plan = make_plan("ei", limits=Limits(3, 1e6, 1))

    assert Search(plan).think_quickly(finished(plan, tmp_path), 0.0) == []
