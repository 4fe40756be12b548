from dataclasses import replace
from pathlib import Path

import numpy as np
from toys import SPACE, make_plan, sweep

from hyperwatt.constraints.candidate import Candidate
from hyperwatt.constraints.gate import Verdict
from hyperwatt.constraints.measurement import Measurement
from hyperwatt.constraints.objective import Constraint, Objective
from hyperwatt.orchestrator.events import Completed, Failed, Probed, Proposed, Reported
from hyperwatt.orchestrator.history import history_of, is_feasible
from hyperwatt.orchestrator.outcomes import losses_of, selected_by, values_of
from hyperwatt.orchestrator.state import State, Trial

ERROR, LOSS = Objective("error"), Objective("loss")
POWER, ACCURACY = Objective("power_w"), Objective("accuracy", maximise=True)


def trial_with(*epochs: dict[str, float], power_w: float = 50.0, failed: bool = False) -> Trial:
    proposed = Proposed("t0001", Candidate({"layers": 1}), "train", 0, 0, Verdict(True, 1.0))
    measured = Measurement("power_w", power_w, 0.0, 1, "made up", "toy")
    reports = tuple(Reported("t0001", n, m, "", 0.0) for n, m in enumerate(epochs, start=1))
    end = Failed("t0001", "exception", "boom") if failed else Completed("t0001")
    return Trial(proposed, 0.0, Probed("t0001", (measured,), (), False, 1, 0.0), reports, end)


def test_all_that_is_reported_is_told_of_the_epoch_that_is_kept() -> None:
    trial = trial_with({"error": 0.2, "loss": 0.1}, {"error": 0.1, "loss": 0.3})

    assert values_of(trial, [ERROR, POWER, LOSS]) == (0.1, 50.0, 0.3)
    assert values_of(trial, [LOSS, ERROR]) == (0.1, 0.2)


def test_the_best_epoch_of_an_accuracy_is_the_one_with_most_of_it() -> None:
    trial = trial_with({"accuracy": 0.5}, {"accuracy": 0.9}, {"accuracy": 0.7})

    assert values_of(trial, [POWER, ACCURACY]) == (50.0, 0.9)
    assert losses_of([trial], [POWER, ACCURACY]).tolist() == [[50.0, -0.9]]


def test_what_failed_or_was_not_reported_is_not_known() -> None:
    failed, partly = trial_with({"error": 0.2}, failed=True), trial_with({"error": 0.2})

    losses = losses_of([failed, partly], [ERROR, LOSS])

    assert np.isnan(losses).tolist() == [[True, True], [False, True]]
    assert losses_of([], [ERROR, LOSS]).shape == (0, 2)


def test_costs_alone_are_told_of_the_epoch_of_least_error() -> None:
    assert selected_by([POWER]) == "error"
    assert selected_by([POWER, LOSS, ERROR]) == "loss"


def test_a_bound_on_an_accuracy_is_the_least_that_is_allowed() -> None:
    trial = trial_with({"accuracy": 0.5}, {"accuracy": 0.8})

    assert is_feasible(trial, [Constraint("accuracy", 0.8, predicted=False)])
    assert not is_feasible(trial, [Constraint("accuracy", 0.81, predicted=False)])


def test_a_learned_bound_on_an_accuracy_reaches_strategies_as_a_loss() -> None:
    space = SPACE
    trials = [trial_with({"accuracy": 0.5}), trial_with({"accuracy": 0.8}, failed=True)]
    trials = [
        replace(t, proposed=replace(t.proposed, trial_id=f"t{n}", candidate=space.candidate(row)))
        for n, (t, row) in enumerate(
            zip(trials, space.sample(2, np.random.default_rng(0)), strict=True)
        )
    ]
    state = State(trials={t.trial_id: t for t in trials})

    history = history_of(state, space, [ACCURACY], [Constraint("accuracy", 0.7, predicted=False)])

    assert history.learned[0].bound == -0.7
    assert history.learned[0].values.tolist() == [-0.5, -0.5]  # what failed counts as the worst
    assert history.feasible.tolist() == [False, False]
    assert history.failed.tolist() == [False, True]


def test_a_sweep_without_any_result_has_losses_of_one(tmp_path: Path) -> None:
    plan = make_plan("random", objectives=(ERROR, POWER))
    state = sweep(plan, tmp_path / "j", lambda trial: iter([Failed(trial.trial_id, "x", "boom")]))

    history = history_of(state, plan.space, plan.objectives, plan.constraints)

    assert history.every_loss.tolist() == [[1.0, 1.0]] * 12
