"""Profiles judged and stored, and predictions of single networks made from them."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from fakes import fake_sweep
from rich.console import Console

from hyperwatt.constraints.errors import NetworkError, PredictorError, RunError, SpecError
from hyperwatt.experiments import show_costs
from hyperwatt.experiments.asked_network import Asked, chosen_candidate, of_module, of_spec
from hyperwatt.experiments.foreseeing import DeviceProfile, foresee
from hyperwatt.experiments.profiling import Profile, as_profile, judge_profile, open_profile
from hyperwatt.experiments.run_folder import RunFolder
from hyperwatt.experiments.spec_files import load_spec
from hyperwatt.experiments.spec_space import build_space

pytestmark = pytest.mark.slow  # networks are traced in a process that imports torch
SETTINGS = ("strategy=hyperwatt", "limits.trials=0", "profile.candidates=24")


@pytest.fixture(scope="module")
def profile(tmp_path_factory: pytest.TempPathFactory) -> Profile:
    return judge_profile(fake_sweep(tmp_path_factory.mktemp("profile") / "run", *SETTINGS))


@pytest.fixture(scope="module")
def asked() -> Asked:
    return of_spec(load_spec("digits"), ["conv_layers=3", "conv1_kernel=3"], training=False)


def test_every_measured_cost_is_judged_with_hyperpowers_model_first(profile: Profile) -> None:
    assert {contest.metric for contest in profile.contests} == {"latency_s", "memory_bytes"}
    for contest in profile.contests:
        assert contest.judged[0].contestant.title.startswith("linear")
        assert contest.picked.error <= min(j.error for j in contest.judged) * 1.1
        assert all(j.quality.n == 24 for j in contest.judged)


def test_the_picked_predictors_are_stored_by_device_with_their_plots(profile: Profile) -> None:
    names = {path.name for path in profile.folder.iterdir()}

    assert profile.folder.name == "toy"
    assert {"latency_s.json", "latency_s.layers.json", "memory_bytes.json"} <= names
    assert (profile.folder / "latency_s.png").read_bytes().startswith(b"\x89PNG")


def test_layers_and_what_is_fixed_add_up_to_the_prediction(profile: Profile, asked: Asked) -> None:
    stored = DeviceProfile.find(profile.sweep.folder.path)

    outlook = foresee(asked.trace, stored, asked.hyper_parameters)

    shares = outlook.shares["latency_s"]
    assert (shares >= 0).all()
    assert 0 < shares.sum() <= outlook.totals["latency_s"].mean * (1 + 1e-9)
    assert len(shares) == len(asked.trace.layers)
    assert outlook.bottleneck()[0] is asked.trace.layers[int(np.argmax(shares))]


def test_without_a_profile_the_trace_alone_is_told(asked: Asked) -> None:
    console = Console(record=True, width=160)

    show_costs.foreseen(console, asked.title, foresee(asked.trace, None, {}))

    said = console.export_text()
    assert "peak memory" in said
    assert "hyperwatt profile" in said
    assert f"{asked.trace.parameters:,} parameters" in said


def test_what_is_printed_names_the_picked_predictor(profile: Profile) -> None:
    console = Console(record=True, width=160)

    show_costs.profiled(console, profile)

    assert console.export_text().count("picked\n") + console.export_text().count("picked ") >= 2


def test_a_predictor_of_another_version_is_refused(profile: Profile, asked: Asked) -> None:
    path = profile.folder / "latency_s.json"
    content = json.loads(path.read_text())
    path.write_text(json.dumps({**content, "recipe": {**content["recipe"], "version": 99}}))
    try:
        stored = DeviceProfile.find(profile.folder)
        with pytest.raises(PredictorError, match=r"version 99.*hyperwatt profile"):
            foresee(asked.trace, stored, asked.hyper_parameters)
    finally:
        path.write_text(json.dumps(content))


def test_a_network_that_lacks_what_a_predictor_sees_is_refused(
    profile: Profile, asked: Asked
) -> None:
    best = profile.contests[0].picked.contestant
    if not any("." not in profile.contests[0].names[k] for k in best.columns):
        pytest.skip("the picked predictor sees traced work alone")

    with pytest.raises(PredictorError, match="which this network does not have"):
        foresee(asked.trace, DeviceProfile.find(profile.folder), {})


def test_predictors_of_another_network_are_refused(profile: Profile, asked: Asked) -> None:
    stored = DeviceProfile.find(profile.folder)

    with pytest.raises(PredictorError, match=r"measured for cnn\(\).*not for mlp.*profile"):
        foresee(asked.trace, stored, asked.hyper_parameters, network="mlp()")
    assert asked.network == stored.network


def test_a_network_without_layers_has_no_bottleneck() -> None:
    asked = of_module("torch.nn:Identity", [], (3,), 1)

    show_costs.foreseen(Console(record=True), asked.title, foresee(asked.trace, None, {}))

    assert foresee(asked.trace, None, {}).bottleneck() is None


def test_a_profile_without_a_cost_to_measure_is_refused() -> None:
    spec = load_spec("digits", ["budget={}"])

    with pytest.raises(SpecError, match="nothing to measure"):
        as_profile(spec, 20, [])


def test_a_profile_does_not_go_on_where_another_was_begun(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "run")
    open_profile(as_profile(load_spec("digits"), 20, []), folder, None)

    open_profile(as_profile(load_spec("digits"), 20, []), folder, None)  # the same goes on

    with pytest.raises(RunError, match="another profile"):
        open_profile(as_profile(load_spec("digits"), 30, []), folder, None)


def test_a_folder_without_predictors_says_how_to_make_some(tmp_path: Path) -> None:
    with pytest.raises(PredictorError, match="hyperwatt profile"):
        DeviceProfile.find(tmp_path)


def test_too_few_measurements_are_refused(tmp_path: Path) -> None:
    few = fake_sweep(tmp_path / "few", *SETTINGS[:2], "profile.candidates=6")

    with pytest.raises(PredictorError, match="6 candidates were measured, at least 10"):
        judge_profile(few)


def test_a_profile_measures_untrained_candidates_alone() -> None:
    spec = as_profile(load_spec("digits"), 33, ["energy_j"])

    assert (spec.limits.trials, spec.profile.candidates) == (0, 33)
    assert spec.probe.also == ["energy_j"]


def test_settings_left_out_take_the_middle_of_their_range() -> None:
    space = build_space(load_spec("digits").space)

    candidate = chosen_candidate(space, ["conv_layers=2"])

    assert candidate["conv1_features"] == 32
    assert "conv3_features" not in candidate


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (["conv_layer=2"], "did you mean 'conv_layers'"),
        (["conv_layers=9", "fc1_units=1"], "2 faults"),
        (["conv_layers=2", "conv3_features=20"], "does not exist under the other settings"),
        (["conv_layers"], "needs `name=value`"),
    ],
)
def test_settings_that_the_space_does_not_hold_are_refused(settings: list[str], says: str) -> None:
    with pytest.raises(SpecError, match=says):
        chosen_candidate(build_space(load_spec("digits").space), settings)


def test_any_builder_is_traced_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.py").write_text(
        "from torch import nn\n"
        "def build(width=4):\n"
        "    return nn.Sequential(nn.Flatten(), nn.Linear(12, width), nn.ReLU())\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    asked = of_module("mine:build", ["width=5"], (3, 2, 2), 7)

    assert asked.trace.parameters == 12 * 5 + 5
    assert asked.trace.batch_size == 7


def test_a_builder_that_fails_is_told_with_its_reason() -> None:
    with pytest.raises(NetworkError, match=r"shape|cannot run"):
        of_module("torch.nn:Linear", ["in_features=3", "out_features=2"], (5,), 1)


@pytest.mark.parametrize(("name", "says"), [("torch.nn", "needs `package"), ("nn:x", "nn")])
def test_a_builder_that_is_not_there_is_refused(name: str, says: str) -> None:
    with pytest.raises(SpecError, match=says):
        of_module(name, [], (3,), 1)
