from pathlib import Path
from typing import Any

import pytest
from recorded import table_spec

from hyperwatt.constraints.errors import SpecError
from hyperwatt.experiments import spec_logs
from hyperwatt.experiments.preflight import check_surroundings, logs_of, resolve
from hyperwatt.experiments.profiling import as_profile
from hyperwatt.experiments.spec_files import load_spec, write_spec
from hyperwatt.experiments.spec_logs import MlflowSpec, TensorboardSpec, WandbSpec

ALL = "[tensorboard, {mlflow: {experiment: mine}}, {wandb: {project: p, entity: e}}, prometheus]"


def refused(*settings: str) -> str:
    with pytest.raises(SpecError) as caught:
        load_spec("digits", settings)
    return str(caught.value)


def without(*packages: str) -> Any:
    return lambda name: None if name in packages else name


def test_a_name_or_a_name_with_options_reads_back_as_the_same(tmp_path: Path) -> None:
    spec = load_spec("digits", [f"logs={ALL}"])

    write_spec(spec, tmp_path / "spec.yaml")

    assert load_spec(str(tmp_path / "spec.yaml")) == spec
    assert spec.logs is not None
    assert [log.name for log in spec.logs] == ["tensorboard", "mlflow", "wandb", "prometheus"]
    assert spec.logs[1:3] == [MlflowSpec(experiment="mine"), WandbSpec(project="p", entity="e")]
    assert spec.to_plain()["logs"][::3] == ["tensorboard", "prometheus"]


def test_tensorboard_is_the_default_and_an_empty_list_switches_all_off() -> None:
    assert logs_of(load_spec("digits")) == [TensorboardSpec()]
    assert resolve(load_spec("digits")).to_plain()["logs"] == ["tensorboard"]
    assert resolve(load_spec("digits", ["logs=[]"])).to_plain()["logs"] == []


def test_a_run_from_before_there_were_logs_loads(tmp_path: Path) -> None:
    write_spec(load_spec("digits"), tmp_path / "spec.yaml")
    assert "logs" not in (tmp_path / "spec.yaml").read_text()

    assert logs_of(load_spec(str(tmp_path / "spec.yaml"))) == [TensorboardSpec()]


def test_what_trains_nothing_logs_nothing(tmp_path: Path) -> None:
    profile = as_profile(load_spec("digits", ["logs=[mlflow]"]), 10, [])

    assert resolve(profile).logs == []
    assert resolve(table_spec(tmp_path)).logs == []


def test_logs_of_a_replayed_table_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"logs: a recorded table is replayed .*, got mlflow;"):
        table_spec(tmp_path, "logs=[mlflow]")
    assert table_spec(tmp_path, "logs=[]").logs == []


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("mlflow", "logs: needs a list, such as `[tensorboard, mlflow]`, got a str"),
        ("[mlfow]", "logs.0: no log 'mlfow'; did you mean 'mlflow'?"),
        ("[tensorboard, 3]", "logs.1: needs a name, or one name with its options"),
        ("[{wandb: {}, mlflow: {}}]", "logs.0: needs a name, or one name with its options"),
        ("[mlflow, {mlflow: {experiment: a}}]", "logs.mlflow: stands there twice; keep one"),
        ("[{wandb: {projct: a}}]", "logs.wandb.projct: is not known here; did you mean 'project'?"),
        ("[{wandb: {project: 3}}]", "logs.wandb.project: input should be a valid string"),
        ("[{tensorboard: {dir: x}}]", "logs.tensorboard.dir: is not known here; known: none"),
    ],
)
def test_what_is_no_log_is_named(given: str, says: str) -> None:
    assert says in refused(f"logs={given}")


def test_all_faults_are_named_at_once() -> None:
    says = refused("logs=[mlfow, {wandb: {projct: a, api_key: b}}]", "limits.trials=-1")

    assert all(place in says for place in ("logs.0", "wandb.projct", "wandb.api_key", "limits"))


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        ("[{wandb: {api_key: HIDDEN}}]", "logs.wandb.api_key: is a secret.*set WANDB_API_KEY"),
        ("[{wandb: {api_key_file: HIDDEN}}]", "logs.wandb.api_key_file: is a secret"),
        ("[{mlflow: {tracking_token: HIDDEN}}]", "is a secret.*set MLFLOW_TRACKING_TOKEN"),
        ("[{mlflow: {tracking_uri: 'https://me:HIDDEN@host'}}]", "set MLFLOW_TRACKING_USERNAME"),
        ("[{mlflow: {tracking_uri: 'https://HIDDEN@host'}}]", "set MLFLOW_TRACKING_USERNAME"),
        ("[{mlflow: {tracking_uri: 'mysql://me:HIDDEN@host/db'}}]", "MLFLOW_TRACKING_URI"),
        ("[{mlflow: {tracking_uri: 'https://me:HIDDEN\u2100@host'}}]", "is no address"),
        ("{wandb: {api_key: HIDDEN}}", "needs a list"),
        ("[{wandb: HIDDEN}]", "needs a name"),
    ],
)
def test_a_secret_is_refused_and_never_repeated(given: str, remedy: str) -> None:
    with pytest.raises(SpecError, match=remedy) as caught:
        load_spec("digits", [f"logs={given}"])

    assert "HIDDEN" not in str(caught.value)


@pytest.mark.parametrize(
    "query",
    ["user=me&password=HIDDEN", "PASSWD=HIDDEN", "pwd=HIDDEN", "a=1;token=HIDDEN",
     "sslpassword=HIDDEN", "client_secret=HIDDEN", "api-key=HIDDEN", "aws_access_key_id=HIDDEN",
     "pass%77ord=HIDDEN", "odbc_connect=DRIVER%3Dx%3BPWD%3DHIDDEN"],
)  # fmt: skip
@pytest.mark.parametrize("address", ["postgresql://db/mlflow?", "http://host#", "sqlite:///a.db?"])
def test_a_secret_in_a_query_is_refused_and_never_repeated(address: str, query: str) -> None:
    says = refused(f"logs=[{{mlflow: {{tracking_uri: '{address}{query}'}}}}]")

    assert "MLFLOW_TRACKING_URI" in says
    assert "HIDDEN" not in says


@pytest.mark.parametrize(
    "uri",
    ["http://host:5000", "sqlite:///a.db", "databricks", "mysql://u@h/d", "mysql://h/d?password=",
     "postgresql://h/d?sslmode=require&user=me"],
)  # fmt: skip
def test_an_address_stays_as_it_is(uri: str) -> None:
    resolved = resolve(load_spec("digits", [f"logs=[{{mlflow: {{tracking_uri: '{uri}'}}}}]"]))

    assert resolved.logs == [MlflowSpec(tracking_uri=uri)]


def test_a_folder_means_the_same_wherever_the_run_is_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    resolved = resolve(load_spec("digits", ["logs=[{mlflow: {tracking_uri: mlruns}}]"]))

    assert resolved.logs == [MlflowSpec(tracking_uri=str(tmp_path / "mlruns"))]


def test_every_missing_package_is_named_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spec_logs, "find_spec", without("mlflow", "wandb", "opencensus"))

    with pytest.raises(SpecError) as caught:
        check_surroundings(load_spec("digits", [f"logs={ALL}"]))

    says = str(caught.value)
    assert "logs: 'mlflow' needs the package mlflow: pip install mlflow" in says
    assert "logs: 'wandb' needs the package wandb: pip install wandb" in says
    assert "'prometheus' needs the package opencensus: pip install 'ray[default]'" in says
    assert "3 faults" in says
