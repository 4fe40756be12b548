from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from fakes import fake_sweep

from hyperwatt.constraints.candidate import Candidate
from hyperwatt.constraints.gate import Verdict
from hyperwatt.experiments.sweep import Sweep
from hyperwatt.experiments.tables import ledger_table, storable, trials_table
from hyperwatt.orchestrator.events import Rejected


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return fake_sweep(tmp_path_factory.mktemp("tables") / "r", "strategy=random")


@pytest.mark.parametrize(
    ("values", "stored"),
    [
        ([False, 0.1, None], ["False", "0.1", None]),
        ([3, "auto", None], ["3", "auto", None]),
        ([True, 2], ["True", "2"]),
        ([3, 0.5, None], [3.0, 0.5, None]),
        ([True, None], [True, None]),
        (["a", None], ["a", None]),
    ],
)
def test_only_columns_of_several_kinds_become_text(
    values: list[object], stored: list[object], tmp_path: Path
) -> None:
    storable(pd.DataFrame({"a": values})).to_parquet(tmp_path / "t.parquet")

    again = pd.read_parquet(tmp_path / "t.parquet")["a"]
    assert [None if pd.isna(value) else value for value in again] == stored


@pytest.mark.parametrize("values", [[False, 0.1], [3, "auto"]])
def test_choices_of_several_kinds_are_stored_of_trials_and_rejections(
    sweep: Sweep, values: list[bool | float | str], tmp_path: Path
) -> None:
    name = sweep.plan.space.names[0]
    ids = list(sweep.state.trials)[:2]
    trials = {
        key: replace(trial, proposed=replace(trial.proposed, candidate=Candidate({name: value})))
        for (key, trial), value in zip(
            ((key, sweep.state.trials[key]) for key in ids), values, strict=True
        )
    }
    refused = [Rejected(Candidate({name: v}), Verdict(False, 0.0), {}, 1, 1, "t1") for v in values]
    state = replace(sweep.state, trials=trials, rejections=tuple(refused))

    for frame in (trials_table(sweep.plan, state), ledger_table(state)):
        frame.to_parquet(tmp_path / "t.parquet")
        again = pd.read_parquet(tmp_path / "t.parquet")
        assert list(again[f"param.{name}"]) == list(map(str, values))
