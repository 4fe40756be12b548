"""Readings among Ray's metrics, scraped from the port where a local Ray serves them."""

import json
import re
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from hyperwatt.constraints.errors import HyperwattError
from hyperwatt.orchestrator.sweep_readings import Reading

pytestmark = [pytest.mark.ray, pytest.mark.slow]

PATIENCE_S = 120  # Ray passes metrics on every ten seconds, once its agent has started


@pytest.fixture
def served() -> None:
    for package in ("opencensus", "aiohttp_cors", "prometheus_client"):
        pytest.importorskip(package, reason="Ray serves metrics with pip install 'ray[default]'")


@pytest.fixture
def local_ray() -> Iterator[None]:
    import ray

    from hyperwatt.orchestrator.tune_run import Cluster, connect

    connect(Cluster(cpus=1))
    yield
    ray.shutdown()


def trials(count: float, end: str) -> Reading:
    return Reading("hyperwatt_trials_total", "by their end", count, {"end": end})


def best(error: float) -> Reading:
    return Reading("hyperwatt_best_feasible_error", "the best", error)


def scraped(target: str, wanted: str) -> str:
    deadline_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline_s:
        try:
            with urllib.request.urlopen(f"http://{target}/metrics", timeout=10) as answer:
                lines = [line for line in answer.read().decode().splitlines() if "run=" in line]
        except OSError:  # the agent has not started yet
            lines = []
        if any(re.search(wanted, line) for line in lines):
            return "\n".join(lines)
        time.sleep(1)
    raise AssertionError(f"{wanted} is not served within {PATIENCE_S} s")


@pytest.mark.usefixtures("served", "local_ray")
def test_prometheus_scrapes_them_where_the_run_says(tmp_path: Path) -> None:
    from hyperwatt.orchestrator.ray_metrics import RayMetrics

    metrics = RayMetrics("my-run", tmp_path / "prometheus.json")
    metrics.hear([trials(2, "completed"), best(0.5)])
    metrics.hear([trials(3, "completed"), trials(1, "failed"), best(0.25)])
    (found,) = json.loads((tmp_path / "prometheus.json").read_text())

    text = scraped(found["targets"][0], r"hyperwatt_best_feasible_error\{.*run=\"my-run\".* 0\.25$")

    assert re.search(r"hyperwatt_trials_total\{.*end=\"completed\".* 3\.0$", text, re.M)
    assert re.search(r"hyperwatt_trials_total\{.*end=\"failed\".* 1\.0$", text, re.M)
    metrics.close()
    assert not (tmp_path / "prometheus.json").exists()


@pytest.mark.usefixtures("local_ray")
def test_a_ray_that_serves_none_says_what_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from hyperwatt.orchestrator import ray_metrics

    nodes = [{**node, "MetricsExportPort": -1} for node in ray_metrics.ray.nodes()]  # type: ignore[no-untyped-call]
    monkeypatch.setattr(ray_metrics.ray, "nodes", lambda: nodes)

    with pytest.raises(HyperwattError, match=r"pip install 'ray\[default\]'"):
        ray_metrics.RayMetrics("my-run", tmp_path / "prometheus.json")
