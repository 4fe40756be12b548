from pathlib import Path

import pytest
import yaml

from hyperwatt.constraints.errors import SpecError
from hyperwatt.constraints.objective import Objective
from hyperwatt.experiments.compose import build_plan
from hyperwatt.experiments.spec_files import bundled_specs, load_spec, write_spec
from hyperwatt.experiments.spec_space import build_space

BROKEN = """
name: di gits
task: {name: digts, rot: x}
network: {name: cnn}
space:
  a: {type: int, low: 5, high: 2}
  b: {type: float, low: 0, high: 1, log: true}
  c: {type: choice, values: []}
  d: {type: int, low: 1, high: 3, when: {zz: 1, a: 3}}
  e: {typ: int}
  f: {type: itn}
  g: {type: int, low: 1, high: 3, hihg: 4}
budget: {power: 0 W, latncy: 3 ms, memory: 3 ms, energy: 3, error: 0.1}
strategy: hw-iecl
limits: {trial: 3}
early_stopping: {halving: {first: 3}}
concurrency: many
devce: cpu
"""
EXPECTED = [
    "devce: is no section; did you mean 'device'?",
    "name: must be made of letters",
    "task.name: must be one of these, got 'digts'; did you mean 'digits'?",
    "task.rot: is not known here; did you mean 'root'?",
    "space.a: `low` must not be above `high`, got 5 > 2",
    "space.b: a log range needs `low` > 0",
    "space.c: a choice needs at least one value",
    "space.d.when: a condition on 'zz', which is not in the space",
    "space.e: needs a `type`: int, float or choice",
    "space.f: has no such type: 'itn'",
    "space.g.hihg: is not known here; did you mean 'high'?",
    "budget.power: must be greater than 0, got '0 W'",
    "budget.latncy: no metric 'latncy'; did you mean 'latency'?",
    "budget.memory: needs one of the units B, kB",
    "budget.energy: needs a number with a unit (J",
    "strategy: no strategy 'hw-iecl'; did you mean 'hw-ieci'?",
    "limits.trial: is not known here; did you mean 'trials'?",
    "early_stopping.halving.first: is not known here; did you mean 'first_epoch'?",
    "concurrency: must be a whole number above 0 or 'auto', got 'many'",
]


def faults_of(text: str, folder: Path, *settings: str) -> str:
    path = folder / "spec.yaml"
    path.write_text(text)
    with pytest.raises(SpecError) as caught:
        load_spec(str(path), settings)
    return str(caught.value)


def test_every_fault_is_reported_at_once_with_its_place(tmp_path: Path) -> None:
    says = faults_of(BROKEN, tmp_path)

    missing = [expected for expected in EXPECTED if expected not in says]
    assert not missing


@pytest.mark.parametrize("name", bundled_specs())
def test_a_spec_is_written_so_that_it_reads_back_as_the_same(name: str, tmp_path: Path) -> None:
    spec = load_spec(name)

    write_spec(spec, tmp_path / "spec.yaml")

    assert load_spec(str(tmp_path / "spec.yaml")) == spec


def test_settings_from_outside_change_nested_values_and_make_sections() -> None:
    spec = load_spec(
        "digits", ["limits.trials=7", "early_stopping.halving=null", "budget.power=85 W"]
    )

    assert spec.limits.trials == 7
    assert spec.early_stopping.halving is None
    assert spec.budget["power_w"] == 85.0


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("limits.trials", "needs `section.key=value`"),
        ("name.x=3", "leads through 'name', which is no section"),
        ("limits.trials=-1", "limits.trials: input should be greater than or equal to 0"),
        ("limits.trails=1", "did you mean 'trials'?"),
        ("strategy=[", "is not YAML"),
    ],
)
def test_bad_settings_are_named(setting: str, says: str) -> None:
    with pytest.raises(SpecError) as caught:
        load_spec("digits", [setting])

    assert says in str(caught.value)


def test_a_cost_of_training_results_cannot_be_budgeted(tmp_path: Path) -> None:
    text = bundled_specs()["digits"].replace("latency: 1 ms", "error: 0.1")

    assert "put it under `constraints`" in faults_of(text, tmp_path)


@pytest.mark.parametrize(
    ("given", "objectives"),
    [
        ("[error]", [Objective("error")]),
        ("[accuracy, latency]", [Objective("accuracy", maximise=True), Objective("latency_s")]),
        (
            "[{minimise: error}, {maximise: power}]",
            [Objective("error"), Objective("power_w", True)],
        ),
        ("[{maximise: accuracy}]", [Objective("accuracy", maximise=True)]),
    ],
)
def test_objectives_have_a_direction_of_their_own_and_read_back(
    tmp_path: Path, given: str, objectives: list[Objective]
) -> None:
    spec = load_spec("digits", [f"objectives={given}"])

    write_spec(spec, tmp_path / "spec.yaml")

    assert spec.objectives == objectives
    assert load_spec(str(tmp_path / "spec.yaml")) == spec


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("[]", "at least 1 item"),
        ("[eror]", "no metric 'eror'; did you mean 'error'?"),
        ("[{maximize: accuracy}]", "no way 'maximize'; did you mean 'maximise'?"),
        ("[{maximise: power, minimise: error}]", "needs a metric, or `maximise: METRIC`"),
        ("[3]", "needs a metric, or `maximise: METRIC`, got 3"),
        ("[{maximise: error}]", "write `error` for the least error"),
        ("[error, power, error]", "error stands there twice"),
        ("[error, power, energy, latency, memory]", "put a bound on the others under `budget`"),
    ],
)
def test_objectives_that_make_no_sense_are_named(given: str, says: str) -> None:
    with pytest.raises(SpecError) as caught:
        load_spec("digits", [f"objectives={given}"])

    assert "objectives" in str(caught.value)
    assert says in str(caught.value)


def test_a_bound_is_the_least_of_an_accuracy_and_the_most_of_an_error() -> None:
    spec = load_spec("digits", ["constraints={accuracy: 0.9, error: 0.2}"])

    bounds = [str(c) for c in build_plan(spec, 1).constraints if not c.predicted]

    assert bounds == ["accuracy >= 0.9", "error <= 0.2"]


def test_circular_conditions_are_shown(tmp_path: Path) -> None:
    text = yaml.safe_load(bundled_specs()["digits"])
    text["space"]["conv_layers"]["when"] = {"conv3_kernel": 3}

    assert "circle" in faults_of(yaml.safe_dump(text), tmp_path)


def test_a_file_that_is_no_spec_is_named(tmp_path: Path) -> None:
    assert "must be a mapping" in faults_of("- a\n- b\n", tmp_path)
    assert "is not YAML" in faults_of("a: [", tmp_path)
    with pytest.raises(SpecError, match="did you mean 'digits'"):
        load_spec("digit")


def test_conditions_take_one_value_or_several() -> None:
    space = build_space(load_spec("digits").space)
    by_name = {parameter.name: parameter for parameter in space.parameters}

    assert by_name["conv3_features"].when == {"conv_layers": (3,)}
    assert by_name["momentum"].when == {"optimizer": ("sgd",)}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name: a\nname: b\n", "the key 'name' stands twice"),
        ("space: {3: {type: int, low: 1, high: 2}}", "space.3: must have a name"),
        (
            "space: {a: {type: int, low: 1, high: 2, when: {b: null}}}",
            "space.a.when.b: needs a val",
        ),
        ("resources: {}", "resources: needs something a trial takes"),
        ("resources: {cpu: .nan}", "resources.cpu: must be finite"),
        ("", "must be a mapping"),
    ],
)
def test_odd_files_are_named_too(text: str, says: str, tmp_path: Path) -> None:
    assert says in faults_of(text, tmp_path, "seed=1")


def test_a_binary_file_is_no_spec(tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_bytes(b"\xff\xfe\x00")

    with pytest.raises(SpecError, match="is not a text file"):
        load_spec(str(tmp_path / "spec.yaml"))


def test_a_spec_takes_over_the_sections_that_it_does_not_have_itself(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(bundled_specs()["digits"])
    (tmp_path / "own.yaml").write_text("extends: base.yaml\nname: own\nbudget: {latency: 2 ms}\n")

    own, base = (load_spec(str(tmp_path / f"{name}.yaml")) for name in ("own", "base"))

    assert own.name == "own"
    assert own.budget == {"latency_s": 0.002}
    assert own.space == base.space


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("extends: own.yaml", "extends: must name another spec, got 'own.yaml'"),
        ("extends: 3", "extends: must name another spec, got 3"),
        ("extends: digit", "did you mean 'digits'?"),
    ],
)
def test_a_spec_that_extends_nothing_is_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "own.yaml").write_text(text)

    with pytest.raises(SpecError) as caught:
        load_spec(str(tmp_path / "own.yaml"))

    assert says in str(caught.value)


def test_seconds_are_counted_by_the_default_strategy_alone(tmp_path: Path) -> None:
    settings = ("strategy=hw-ieci", "acquisition.per_second=true")

    with pytest.raises(SpecError, match=r"per_second: only 'hyperwatt' counts seconds"):
        load_spec("digits", settings)
    assert load_spec("digits", ("strategy=hyperwatt", settings[1])).acquisition.per_second
