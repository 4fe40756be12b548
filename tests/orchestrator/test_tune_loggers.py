"""Ray's loggers, told of a training without a cluster; what they wrote is read back."""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hyperwatt.constraints.candidate import Candidate
from hyperwatt.orchestrator.trial_news import Begun, News, Over, Told

pytestmark = pytest.mark.slow  # imports ray.tune, about 2 s

CANDIDATE = Candidate({"layers": 2, "rate": 0.01, "act": "relu"})
COST = {"latency_s": 0.002, "memory_bytes": 5e6}


def training(trial_id: str, *errors: float) -> Iterator[News]:
    yield Begun(trial_id, CANDIDATE)
    yield Told(trial_id, 0, COST)
    for epoch, error in enumerate(errors, start=1):
        yield Told(trial_id, epoch, {**COST, "error": error})


def tell(log: Any, *items: News) -> None:
    for item in items:
        log.hear(item)


def records(path: Path) -> Iterator[Any]:
    """What an event file holds; each record is framed by its length and two checksums."""
    from tensorboardX.proto.event_pb2 import Event

    data, at = path.read_bytes(), 0
    while at < len(data):
        (length,) = struct.unpack("<Q", data[at : at + 8])
        event = Event.FromString(data[at + 12 : at + 12 + length])
        yield from ((event.step, value) for value in event.summary.value)
        at += length + 16


def event_file(folder: Path) -> Path:
    (path,) = folder.glob("events.out.tfevents.*")
    return path


def curve(path: Path, tag: str) -> list[tuple[int, float]]:
    found = [(step, value.simple_value) for step, value in records(path) if value.tag == tag]
    return [(step, pytest.approx(value)) for step, value in found]


def test_tensorboard_gets_curves_costs_and_hyper_parameters(tmp_path: Path) -> None:
    from hyperwatt.orchestrator.tune_loggers import tensorboard_log

    log = tensorboard_log(tmp_path, "run")
    tell(log, *training("t0001", 0.5, 0.25), Over("t0001", failed=False))
    log.close()

    path = event_file(tmp_path / "t0001")
    assert curve(path, "ray/tune/error") == [(1, 0.5), (2, 0.25)]
    assert curve(path, "ray/tune/latency_s") == [(0, 0.002), (1, 0.002), (2, 0.002)]
    shown = [v.metadata.plugin_data.content for _, v in records(path) if "_hparams_" in v.tag]
    assert any(b"layers" in content and b"relu" in content for content in shown)
    assert any(b"ray/tune/memory_bytes" in content for content in shown)


def test_a_training_that_is_logged_anew_is_there_once(tmp_path: Path) -> None:
    from hyperwatt.orchestrator.tune_loggers import tensorboard_log

    for errors in ([0.5], [0.5, 0.25]):
        log = tensorboard_log(tmp_path, "run")
        tell(log, *training("t0001", *errors))
        log.close()

    assert curve(event_file(tmp_path / "t0001"), "ray/tune/error") == [(1, 0.5), (2, 0.25)]


@pytest.mark.filterwarnings("default")  # MLflow and what it imports warn of each other
def test_mlflow_gets_a_run_for_each_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mlflow = pytest.importorskip("mlflow", reason="needs MLflow: pip install mlflow")
    from hyperwatt.orchestrator.tune_loggers import mlflow_log

    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_EXPERIMENT_ID", raising=False)
    uri = f"sqlite:///{tmp_path / 'runs.db'}"
    log = mlflow_log(tmp_path, "my-run", uri=uri, experiment="mine")
    tell(log, *training("t0001", 0.5, 0.25), Over("t0001", failed=False), *training("t0002"))
    log.close()

    client = mlflow.MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("mine").experiment_id
    runs = {run.info.run_name: run for run in client.search_runs([experiment])}
    first = runs["t0001"]
    assert first.data.params == {"layers": "2", "rate": "0.01", "act": "relu"}
    assert first.data.metrics["memory_bytes"] == 5e6
    assert first.data.tags["sweep"] == "my-run"
    history = client.get_metric_history(first.info.run_id, "error")
    assert [(metric.step, metric.value) for metric in history] == [(1, 0.5), (2, 0.25)]
    assert [runs[name].info.status for name in ("t0001", "t0002")] == ["FINISHED", "FAILED"]


@pytest.mark.ray
@pytest.mark.filterwarnings("default")  # wandb and what it imports warn of each other
def test_weights_and_biases_keeps_runs_below_the_run_when_offline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("wandb", reason="needs Weights & Biases: pip install wandb")
    import ray

    from hyperwatt.orchestrator.tune_loggers import wandb_log
    from hyperwatt.orchestrator.tune_run import Cluster, connect

    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    connect(Cluster(cpus=1))
    try:
        log = wandb_log(tmp_path, "my-run", project="mine", entity=None)
        tell(log, *training("t0001", 0.5, 0.25), Over("t0001", failed=False))
        log.close()
    finally:
        ray.shutdown()

    (path,) = (tmp_path / "wandb").glob("offline-run-*-t0001-*/run-*.wandb")
    kept = path.read_bytes()
    assert all(word in kept for word in (b"memory_bytes", b"error", b"relu", b"mine", b"my-run"))
