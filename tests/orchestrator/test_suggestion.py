"""Small spaces, lists of candidates, samples drawn in vain, and constraints that are learned."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from toys import evaluate, make_driver, make_plan, sweep

from hyperwatt.constraints.cost_models import CostModels
from hyperwatt.constraints.domains import Int
from hyperwatt.constraints.encoding import StructuralEncoding
from hyperwatt.constraints.linear import LinearRecipe
from hyperwatt.constraints.measurement import Measurement
from hyperwatt.constraints.objective import Constraint, Objective
from hyperwatt.constraints.space import Parameter, Space
from hyperwatt.orchestrator import suggestion
from hyperwatt.orchestrator.confirmation import ranked
from hyperwatt.orchestrator.events import Completed, Event, Probed, Reported
from hyperwatt.orchestrator.plan import Limits, Plan
from hyperwatt.orchestrator.state import Trial

SMALL = Space.of([Parameter("units", Int(1, 60)), Parameter("layers", Int(1, 3))])


def small_plan(strategy: str, **changes: object) -> Plan:
    encoding = StructuralEncoding(SMALL, frozenset(SMALL.names))
    models = CostModels(SMALL, encoding, lambda metric: LinearRecipe(1e-6))
    return make_plan(strategy, space=SMALL, models=models, **changes)


def small_worker(trial: Trial) -> Iterator[Event]:
    c = trial.candidate
    cost = 0.001 * float(c["units"]) * float(c["layers"])
    measured = (Measurement("latency_s", cost, 0.0, 1, "x", "toy"),)
    yield Probed(trial.trial_id, measured, (), False, 1, 0.1)
    error = 1.0 - float(c["units"]) / 100
    yield Reported(trial.trial_id, 1, {"error": error}, "x.pt", 0.1)
    yield Completed(trial.trial_id)


def test_a_random_walk_walks_in_a_space_small_enough_to_list(tmp_path: Path) -> None:
    plan = small_plan("random-walk", constraints=(), limits=Limits(20, 1e6, 1))

    state = sweep(plan, tmp_path / "j", small_worker)

    best, steps = None, []
    for trial in state.of("train"):
        if best is not None:
            steps.append(abs(float(trial.candidate["units"]) - best))
        units = float(trial.candidate["units"])
        best = units if best is None else max(best, units)
    assert np.mean(steps) < 15  # uniform draws among 60 would lie 20 to 30 from the best


def test_a_list_of_candidates_is_all_that_is_proposed(tmp_path: Path) -> None:
    listed = SMALL.encode([{"units": u, "layers": 1 + u % 3} for u in range(1, 31)])
    plan = small_plan("hw-ieci", listed=listed, limits=Limits(40, 1e6, 1))

    state = sweep(plan, tmp_path / "j", small_worker)

    assert state.ended is not None
    assert state.ended.reason in ("exhausted", "nothing feasible")  # the rest is over the budget
    proposed = [t for t in state.trials.values() if t.purpose != "confirm"]
    assert all(t.candidate["layers"] == 1 + float(t.candidate["units"]) % 3 for t in proposed)


def test_a_list_is_looked_at_to_its_end_a_part_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suggestion, "MOST_LOOKED_AT", 4)
    listed = SMALL.encode([{"units": u, "layers": 1} for u in range(1, 61)])
    bound = Constraint("latency_s", 0.0035)
    plan = small_plan(
        "hw-ieci", listed=listed, constraints=(bound,), limits=Limits(40, 1e6, 1),
        profile_candidates=8,
    )  # fmt: skip

    state = sweep(plan, tmp_path / "j", small_worker)

    inside = {1, 2, 3}
    assert {t.candidate["units"] for t in state.of("train")} >= inside


def test_samples_drawn_in_vain_are_counted(tmp_path: Path) -> None:
    plan = make_plan("hw-random", constraints=(Constraint("latency_s", 0.03),))

    state = sweep(plan, tmp_path / "j")

    # about one in six is feasible, so five are drawn in vain for each that is not
    vain = sum(r.samples for r in state.rejections)
    assert 2 * len(state.of("train")) < vain < 15 * len(state.of("train"))


def test_an_acquisition_refuses_one_candidate_at_a_time(tmp_path: Path) -> None:
    state = sweep(make_plan("hw-ieci", limits=Limits(15, 1e6, 1)), tmp_path / "j")

    later = [r for r in state.rejections if int(r.trial_id[1:]) > 12 + 8]
    assert all(r.samples == 1 for r in later)


def test_a_constraint_that_only_training_shows_is_learned(tmp_path: Path) -> None:
    """Least latency under an error limit: the limit is kept far more often than by chance."""
    limited = small_plan(
        "hw-ieci",
        objectives=(Objective("latency_s"),),
        constraints=(Constraint("error", 0.6, predicted=False),),
        limits=Limits(25, 1e6, 1),
    )

    state = sweep(limited, tmp_path / "j", small_worker)

    late = [float(t.candidate["units"]) for t in state.of("train")[10:]]
    best = ranked(limited, state)[0]
    assert np.mean([units >= 40 for units in late]) > 0.4  # 35 % of the space keep it
    assert best.candidate["units"] == pytest.approx(40, abs=2)
    assert best.candidate["layers"] == 1


@pytest.mark.parametrize(
    "strategy", ["hw-random", "random-walk", pytest.param("hw-cwei", marks=pytest.mark.slow)]
)
def test_thirty_running_trials_have_thirty_different_candidates(
    strategy: str, tmp_path: Path
) -> None:
    limits = Limits(trials=60, wall_clock_s=1e6, concurrency=30)
    plan = make_plan(strategy, limits=limits, profile_candidates=0)
    driver = make_driver(plan, tmp_path / "journal.jsonl")
    seen: list[str] = []
    for _ in range(2):  # at first with nothing to learn from, then with 30 results
        running = [driver.next_dispatch() for _ in range(30)]
        trials = [trial for trial in running if isinstance(trial, Trial)]
        seen += [trial.candidate.key for trial in trials]
        for trial in reversed(trials):
            driver.tell(*evaluate(trial, plan))
    driver.close()

    assert len(seen) == len(set(seen)) == 60
