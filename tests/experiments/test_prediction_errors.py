from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from fakes import fake_sweep

from hyperwatt.constraints.candidate import Candidate
from hyperwatt.constraints.gate import Verdict
from hyperwatt.constraints.measurement import REPLAYED, SHARED, SIMULATED, Measurement
from hyperwatt.experiments.account import Account, account_of
from hyperwatt.experiments.account_tables import run_tables
from hyperwatt.experiments.error_table import errors_frame, errors_table
from hyperwatt.experiments.prediction_errors import prediction_errors
from hyperwatt.experiments.refusal_table import refusals_table
from hyperwatt.experiments.refusals import refusals_of
from hyperwatt.orchestrator.events import Probed, Proposed, Purpose, Rejected
from hyperwatt.orchestrator.state import State, Trial


def trial(
    number: int,
    *,
    predicted: float | None = 2.0,
    measured: float = 4.0,
    purpose: Purpose = "train",
    known: bool = False,
    attribution: str = "exclusive",
    device: str = "cpu:x",
    measured_by: str | None = None,
) -> Trial:
    costs = {} if predicted is None else {"latency_s": predicted}
    verdict = Verdict(True, 0.9, costs, spreads={"latency_s": 0.2}, measured=known)
    proposed = Proposed(
        f"t{number}", Candidate({}), purpose, 0, 0, verdict, measured_by=measured_by
    )
    value = Measurement("latency_s", measured, 0.0, 9, "median", device, attribution)
    return Trial(proposed, probe=Probed(proposed.trial_id, (value,), (), False, 0, 1.0))


def errors_of(*trials: Trial) -> pd.DataFrame:
    return prediction_errors(SimpleNamespace(), State(trials={t.trial_id: t for t in trials}))  # type: ignore[arg-type]


def test_the_error_is_of_what_was_foreseen_against_what_was_measured() -> None:
    row = errors_of(trial(1)).iloc[0]

    assert (row["predicted"], row["measured"], row["relative_error"]) == (2.0, 4.0, -0.5)
    assert (row["unit"], row["relative_spread"]) == ("s", 0.2)


def test_measurements_are_counted_of_those_proposed_before() -> None:
    profiled = trial(1, predicted=None, purpose="profile")
    again = trial(3, purpose="confirm")
    taken_over = trial(4, known=True, measured_by="t2")

    frame = errors_of(profiled, trial(2, purpose="probe"), again, taken_over, trial(5))

    assert frame[["trial_id", "measurements"]].to_numpy().tolist() == [["t2", 1], ["t5", 2]]


@pytest.mark.parametrize(
    "left_out",
    [
        {"known": True},
        {"predicted": None},
        {"measured": 0.0},
        {"attribution": SHARED},
        {"attribution": SIMULATED, "device": "simulated:gtx1070"},
        {"attribution": REPLAYED, "device": "replay:trace.csv"},
    ],
)
def test_what_says_nothing_of_a_predictor_is_left_out(left_out: dict[str, object]) -> None:
    assert errors_of(trial(1, **left_out)).empty  # type: ignore[arg-type]


def test_a_recorded_table_was_measured_once() -> None:
    assert len(errors_of(trial(1, attribution=REPLAYED, device="recorded:cells"))) == 1


def run(*pairs: tuple[int, float], seed: int = 0) -> Account:
    """Of predictions, by measurements so far, with their relative errors."""
    frame = pd.DataFrame({
        "metric": "latency_s", "unit": "s",
        "measurements": [count for count, _ in pairs],
        "relative_error": [error for _, error in pairs],
    })  # fmt: skip
    return Account(seed, "cpu:x", {}, None, (), frame)


def test_errors_are_told_by_windows_of_measurements_over_all_runs() -> None:
    runs = [run((10, -0.2), (19, 0.4), (40, 0.1)), run((12, 0.6), seed=1)]

    table = errors_table({"a": runs})

    assert list(table.shown.columns) == ["strategy", "metric", "10 to 19", "40 to 79"]
    assert table.shown["10 to 19"][0] == "40.0% (+10.0% to +50.0%; 3)"
    assert table.frame["window"].tolist() == [10, 10, 40, 10]
    assert table.frame["seed"].tolist() == [0, 0, 0, 1]


def test_a_window_in_which_one_strategy_foresaw_nothing_says_none() -> None:
    table = errors_table({"a": [run((5, 0.1))], "b": [run((50, 0.1))]})

    assert table.shown["0 to 9"].tolist() == ["10.0% (+10.0% to +10.0%; 1)", "none"]


def test_without_any_prediction_there_is_no_table() -> None:
    assert errors_table({"a": [run()]}).empty
    assert errors_frame({}).empty


def test_rejections_are_counted_by_the_metrics_they_broke() -> None:
    def refused(*broken: str, withdrawn: bool = False) -> Rejected:
        verdict = Verdict(False, 0.1, broken=broken)
        return Rejected(Candidate({}), verdict, {}, 1, 1, "t1", withdrawn)

    metrics = [SimpleNamespace(metric=metric) for metric in ("power_w", "memory_bytes")]
    plan = SimpleNamespace(gated=True, predicted=metrics)
    state = State(rejections=(
        refused("power_w"), refused("memory_bytes", "power_w"), refused("power_w", withdrawn=True),
    ))  # fmt: skip

    power, memory = refusals_of(plan, state)  # type: ignore[arg-type]

    assert (power.rejections, power.alone, power.worst, power.withdrawn) == (3, 2, 2, 1)
    assert (memory.rejections, memory.alone, memory.worst, memory.withdrawn) == (1, 0, 1, 0)
    plan.gated = False
    assert refusals_of(plan, state) == []  # type: ignore[arg-type]


def test_a_single_run_has_the_same_tables(tmp_path: Path) -> None:
    sweep = fake_sweep(tmp_path / "r", "strategy=hw-random")

    titles = [table.title for table in run_tables(sweep.plan, sweep.state)]

    assert titles == [
        "Device use, and what the budget cost",
        "Violations among dispatched trainings",
        "Rejected before dispatch, by metric",
        "Errors of predictions, by measurements so far",
    ]
    found = refusals_table({"hw-random": [account_of(sweep.plan, sweep.state)]})
    assert found.frame["rejections"].max() <= len(sweep.state.rejections)
    assert found.frame["rejections"].sum() >= len(sweep.state.rejections)


def test_an_unfinished_run_without_gate_or_budget_has_its_tables_too(tmp_path: Path) -> None:
    sweep = fake_sweep(tmp_path / "r", "strategy=random", "budget={}", "limits.trials=2")

    titles = [table.title for table in run_tables(sweep.plan, sweep.state)]

    assert titles == ["Device use"]
    assert run_tables(sweep.plan, State()) == []
