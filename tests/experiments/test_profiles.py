"""Profiles: measured once, used by later sweeps, refused where they do not fit."""

import json
import shutil
from pathlib import Path

import pytest
from fakes import fake_sweep

from hyperwatt.constraints.cost_models import CostTable
from hyperwatt.constraints.errors import PredictorError, SpecError
from hyperwatt.constraints.profiles import load_profile
from hyperwatt.experiments.problem import problem_of
from hyperwatt.experiments.run_folder import RunFolder
from hyperwatt.experiments.spec_files import load_spec
from hyperwatt.experiments.sweep import create, load, write_results
from hyperwatt.experiments.trained_problem import TrainedProblem


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    sweep = fake_sweep(tmp_path_factory.mktemp("run") / "first", "strategy=hw-random")
    write_results(sweep)
    return sweep.folder.path


@pytest.fixture
def stored(finished: Path, tmp_path: Path) -> Path:
    """The profile of a run of one's own."""
    return RunFolder(Path(shutil.copytree(finished, tmp_path / "first"))).predictors


def test_a_sweep_that_starts_from_a_profile_measures_none_first(
    tmp_path: Path, stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TrainedProblem, "device_kind", lambda problem: "toy")
    folder = RunFolder(tmp_path / "second")

    create(load_spec("digits", [f"profile.from={tmp_path / 'first'}"]), folder)
    sweep = load(folder)

    assert sweep.plan.profile_candidates == 0
    assert len(sweep.state.costs.rows) >= 24
    assert (
        len(sweep.plan.models.fit(sweep.state.costs, ["latency_s", "memory_bytes"]).predictors) == 2
    )


def read(path: Path, folder: Path) -> CostTable:
    first = load(RunFolder(folder / "first"))
    setting = problem_of(first.spec).setting()
    return load_profile(path, first.plan.models, metrics=tuple(first.spec.budget), setting=setting)


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ({"version": 99}, "not of version 2"),
        (
            {"recipes": {"latency_s": {"name": "linear", "version": 99}}},
            "fitted with .*99.*measure a new one",
        ),
        ({"parameters": ["other"]}, "another space; differing"),
        ({"setting": {"task": "mnist"}}, "measured under another .*task"),
        ({"predicted": {}}, "no predictor of latency_s, memory_bytes"),
    ],
)
def test_a_profile_of_another_kind_is_refused(
    stored: Path, tmp_path: Path, damage: dict[str, object], says: str
) -> None:
    stored.write_text(json.dumps(json.loads(stored.read_text()) | damage))

    with pytest.raises(PredictorError, match=says):
        read(stored, tmp_path)


def test_a_profile_whose_rows_were_changed_is_refused(stored: Path, tmp_path: Path) -> None:
    content = json.loads(stored.read_text())
    for cost in content["rows"][0]["costs"]:
        cost["value"] *= 2
    stored.write_text(json.dumps(content))

    with pytest.raises(PredictorError, match="predicts other values"):
        read(stored, tmp_path)


def test_a_profile_fitted_with_another_recipe_gives_its_rows(stored: Path, tmp_path: Path) -> None:
    other = {"name": "another", "version": 1}
    content = json.loads(stored.read_text())
    content["recipes"] = dict.fromkeys(content["recipes"], other)
    stored.write_text(json.dumps(content))

    assert len(read(stored, tmp_path).rows) == len(content["rows"])


def test_a_profile_of_the_first_version_is_still_read(stored: Path, tmp_path: Path) -> None:
    content = json.loads(stored.read_text())
    recipe = content.pop("recipes")["latency_s"]
    stored.write_text(json.dumps(content | {"version": 1, "recipe": recipe}))

    assert len(read(stored, tmp_path).rows) == len(content["rows"])


def test_a_missing_profile_is_named(tmp_path: Path, stored: Path) -> None:
    with pytest.raises(PredictorError, match="no profile at"):
        read(tmp_path / "none.json", tmp_path)


def test_a_profile_of_another_device_is_refused(tmp_path: Path, stored: Path) -> None:
    spec = load_spec("digits", [f"profile.from={tmp_path / 'first'}"])

    with pytest.raises(PredictorError, match="measured on 'toy', this sweep runs on 'cpu:"):
        create(spec, RunFolder(tmp_path / "second"))

    assert not (tmp_path / "second").exists()


def test_a_run_does_not_need_the_profile_it_started_from_any_more(
    tmp_path: Path, stored: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TrainedProblem, "device_kind", lambda problem: "toy")
    folder = RunFolder(tmp_path / "second")
    create(load_spec("digits", [f"profile.from={stored}"]), folder)
    stored.unlink()

    assert len(load(folder).state.costs.rows) >= 24


def test_costs_of_another_device_are_carried_over(tmp_path: Path, stored: Path) -> None:
    rows = read(stored, tmp_path).rows
    settings = [f"profile.elsewhere=[{tmp_path / 'first'}]", "strategy=hw-random"]
    folder = RunFolder(tmp_path / "second")
    create(load_spec("digits", settings), folder)
    shutil.rmtree(tmp_path / "first")

    models = load(folder).plan.models
    fitted = models.predictors(CostTable(rows[:6]), ["latency_s", "memory_bytes"])

    assert not load(folder).state.costs.rows
    assert {predictor.describe() for predictor in fitted.values()} == {
        "carried from 1 other devices, 6 measurements here"
    }


def test_without_profiles_from_elsewhere_models_are_as_they_were(stored: Path) -> None:
    plan = load(RunFolder(stored.parents[1])).plan

    assert plan.models.recipe_of("latency_s").name == "linear"


def test_nothing_is_carried_over_to_a_device_that_is_not_measured() -> None:
    with pytest.raises(SpecError, match=r"profile\.elsewhere: .* needs a few measured here"):
        load_spec("digits", ["profile.elsewhere=[x]", "profile.candidates=0"])
