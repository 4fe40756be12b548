"""The metrics: their names, units and when they are known.

A cost metric is measured by the probe, before training; a learned one is seen only by training.
Columns, files and code use the full name with its SI unit (`power_w`); specs use the short name
(`power`).
"""

from __future__ import annotations

from dataclasses import dataclass

from .errors import did_you_mean


@dataclass(frozen=True)
class Metric:
    """A quantity that a candidate has.

    Attributes:
        name: column name, with the unit as suffix.
        short: the name in specs.
        unit: SI unit in which the value is kept; empty for a share.
        means: one line for users.
        is_cost: measured by the probe, so that it can be predicted and gated.
        maximise: whether more of it is better.
    """

    name: str
    short: str
    unit: str
    means: str
    is_cost: bool
    maximise: bool = False

    def loss(self, value: float) -> float:
        """A value as something of which less is better."""
        return -value if self.maximise else value


_ALL = (
    Metric("latency_s", "latency", "s", "median time of one inference batch", True),
    Metric("memory_bytes", "memory", "B", "peak memory of one inference batch", True),
    Metric("power_w", "power", "W", "mean power while inference runs back to back", True),
    Metric("energy_j", "energy", "J", "energy per item of back-to-back inference", True),
    Metric("train_latency_s", "train_latency", "s", "median time of one training step", True),
    Metric("train_memory_bytes", "train_memory", "B", "peak memory of one training step", True),
    Metric("train_power_w", "train_power", "W", "mean power of back-to-back training steps", True),
    Metric("error", "error", "", "share of the validation split classified wrongly", False),
    Metric(
        "accuracy", "accuracy", "", "share of the validation split classified rightly", False, True
    ),
    Metric("loss", "loss", "", "mean loss on the validation split", False),
)

METRICS = {metric.name: metric for metric in _ALL}
COSTS = {name: metric for name, metric in METRICS.items() if metric.is_cost}


def as_loss(metric: str, value: float) -> float:
    """A value as something of which less is better; of a metric nobody knows, less is.

    >>> as_loss("accuracy", 0.9), as_loss("error", 0.1), as_loss("train_loss", 2.0)
    (-0.9, 0.1, 2.0)
    """
    return METRICS[metric].loss(value) if metric in METRICS else value


def find_metric(name: str) -> Metric:
    """Find a metric by its short or its full name.

    Raises:
        ValueError: if there is none; names the nearest.

    >>> find_metric("power").name
    'power_w'
    """
    for metric in _ALL:
        if name in (metric.name, metric.short):
            return metric
    raise ValueError(f"no metric {name!r}; {did_you_mean(name, (m.short for m in _ALL))}")
