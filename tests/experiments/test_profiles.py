"""Profiles: measured once, used by later sweeps, refused where they do not fit."""

import json
from pathlib import Path

import pytest
from fakes import fake_sweep

from hyperwatt.constraints.errors import PredictorError
from hyperwatt.constraints.profiles import load_profile
from hyperwatt.experiments.run_folder import RunFolder
from hyperwatt.experiments.spec_files import load_spec
from hyperwatt.experiments.sweep import create, load, write_results


@pytest.fixture
def stored(tmp_path: Path) -> Path:
    sweep = fake_sweep(tmp_path / "first", "strategy=hw-random")
    write_results(sweep)
    return sweep.folder.predictors


def test_a_sweep_that_starts_from_a_profile_measures_none_first(
    tmp_path: Path, stored: Path
) -> None:
    folder = RunFolder(tmp_path / "second")

    create(load_spec("digits", [f"profile.from={tmp_path / 'first'}"]), folder)
    sweep = load(folder)

    assert sweep.plan.profile_candidates == 0
    assert len(sweep.state.costs.rows) >= 24
    assert len(sweep.plan.models.fit(sweep.state.costs, ["latency_s", "memory_bytes"])) == 2


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ({"version": 99}, "not of version 1"),
        ({"recipe": {"name": "linear", "version": 99}}, "measure a new one"),
        ({"parameters": ["other"]}, "another space; differing"),
    ],
)
def test_a_profile_of_another_kind_is_refused(
    stored: Path, tmp_path: Path, damage: dict[str, object], says: str
) -> None:
    stored.write_text(json.dumps(json.loads(stored.read_text()) | damage))

    with pytest.raises(PredictorError, match=says):
        load_profile(stored, load(RunFolder(tmp_path / "first")).plan.models)


def test_a_profile_whose_rows_were_changed_is_refused(stored: Path, tmp_path: Path) -> None:
    content = json.loads(stored.read_text())
    for cost in content["rows"][0]["costs"]:
        cost["value"] *= 2
    stored.write_text(json.dumps(content))

    with pytest.raises(PredictorError, match="predicts other values"):
        load_profile(stored, load(RunFolder(tmp_path / "first")).plan.models)


def test_a_missing_profile_is_named(tmp_path: Path, stored: Path) -> None:
    with pytest.raises(PredictorError, match="no profile at"):
        load_profile(tmp_path / "none.json", load(RunFolder(tmp_path / "first")).plan.models)
