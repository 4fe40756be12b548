from pathlib import Path

import numpy as np
import pytest
from toys import make_plan, sweep

from hyperwatt.constraints.objective import Objective
from hyperwatt.orchestrator.history import History, history_of
from hyperwatt.orchestrator.pareto import non_dominated
from hyperwatt.orchestrator.scalarising import scalarised, weighed
from hyperwatt.orchestrator.strategies.registry import STRATEGIES


def history_with(losses: np.ndarray) -> History:
    count = len(losses)
    flags = np.ones(count, dtype=bool)
    return History(
        units=np.zeros((count, 1)),
        losses=losses[:, 0],
        feasible=flags,
        pending=np.zeros((2, 1)),
        pending_trained=np.ones(2, dtype=bool),
        learned=(),
        every_loss=losses,
        failed=~flags,
        doubt=np.full(count, 0.1),
        seconds=np.ones(count),
        pending_losses=np.ones(2),
        pending_doubt=np.ones(2),
    )


@pytest.mark.parametrize("k", [2, 3, 4])
def test_the_best_by_any_weights_is_on_the_front(k: int) -> None:
    rng = np.random.default_rng(0)
    losses = rng.random((40, k))
    front = non_dominated(losses)

    best = {int(np.argmin(weighed(losses, rng.dirichlet(np.ones(k))))) for _ in range(300)}

    assert all(front[row] for row in best)


def test_a_member_in_a_hollow_of_the_front_is_best_by_some_weights() -> None:
    """A weighted sum would never find it; a Tchebycheff loss does."""
    losses = np.array([[0.0, 1.0], [0.6, 0.6], [1.0, 0.0]])

    assert int(np.argmin(weighed(losses, np.array([0.5, 0.5])))) == 1
    assert (losses.sum(axis=1)[1] > losses.sum(axis=1)[[0, 2]]).all()


def test_weights_do_not_depend_on_units() -> None:
    losses = np.random.default_rng(1).random((20, 3))
    weights, units = np.array([0.2, 0.3, 0.5]), np.array([1e-9, 1.0, 1e6])

    assert weighed(losses * units, weights) == pytest.approx(weighed(losses, weights))


def test_one_objective_is_left_as_it_is_and_draws_nothing() -> None:
    history, rng = history_with(np.array([[3.0], [1.0]])), np.random.default_rng(0)

    assert scalarised(history, rng) is history
    assert rng.random() == np.random.default_rng(0).random()


def test_every_suggestion_has_weights_of_its_own() -> None:
    history, rng = history_with(np.random.default_rng(0).random((5, 2))), np.random.default_rng(0)

    first, second = scalarised(history, rng), scalarised(history, rng)

    assert not np.allclose(first.losses, second.losses)
    assert first.every_loss is history.every_loss
    assert np.isnan(first.pending_losses).all()
    assert len(scalarised(history_with(np.zeros((0, 2))), rng).losses) == 0


@pytest.mark.slow
def test_two_objectives_lead_to_a_front_with_several_members(tmp_path: Path) -> None:
    objectives = (Objective("error"), Objective("latency_s"))
    plan = make_plan("hw-cwei", objectives=objectives)

    state = sweep(plan, tmp_path / "j")

    history = history_of(state, plan.space, plan.objectives, plan.constraints)
    assert STRATEGIES["hw-cwei"].aware
    assert non_dominated(history.every_loss).sum() > 2
