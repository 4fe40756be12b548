"""The door to Ray's metrics: a sweep's readings, for Prometheus and whoever reads its format.

Ray serves them on every node whose `ray[default]` is installed, puts `ray_` before each name, and
takes about ten seconds to pass them on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import ray
from ray.util.metrics import Counter, Gauge

from ..constraints.errors import HyperwattError
from .sweep_readings import Reading


class RayMetrics:
    """Keeps Ray's metrics at the last readings.

    Args:
        run: tag of all of them.
        targets: file that says where they are scraped, while this is open.

    Raises:
        HyperwattError: if Ray serves no metrics here.
    """

    def __init__(self, run: str, targets: Path) -> None:
        self._run = run
        self._targets = targets
        self._metrics: dict[str, Counter | Gauge] = {}
        self._counted: dict[tuple[object, ...], float] = {}
        found = [{"targets": [metrics_address()], "labels": {"job": "hyperwatt"}}]
        targets.write_text(json.dumps(found) + "\n")

    def hear(self, item: Iterable[Reading]) -> None:
        """Take over readings."""
        for reading in item:
            self._take(reading)

    def close(self) -> None:
        """Nothing is served once this process is gone."""
        self._targets.unlink(missing_ok=True)

    def _take(self, reading: Reading) -> None:
        tags = {"run": self._run, **reading.tags}
        if reading.name not in self._metrics:
            kind = Counter if reading.counts else Gauge
            self._metrics[reading.name] = kind(reading.name, reading.means, tuple(tags))
        metric = self._metrics[reading.name]
        if isinstance(metric, Gauge):
            metric.set(reading.value, tags)
            return
        series = (reading.name, *sorted(reading.tags.items()))
        more = reading.value - self._counted.get(series, 0.0)
        if more > 0:
            metric.inc(more, tags)
        self._counted[series] = reading.value


def metrics_address() -> str:
    """Host and port where Ray serves the metrics of this process.

    Raises:
        HyperwattError: if it serves none.
    """
    here = ray.get_runtime_context().get_node_id()
    nodes = ray.nodes()  # type: ignore[no-untyped-call]  # Ray's
    node = next(node for node in nodes if node["NodeID"] == here)
    port = int(node.get("MetricsExportPort") or 0)
    if port <= 0:
        raise HyperwattError(
            "Ray serves no metrics on this node; install what it needs there, before Ray starts: "
            "pip install 'ray[default]'"
        )
    return f"{node['NodeManagerAddress']}:{port}"
