"""The workload of a recorded table: says what the recording says, instead of measuring.

Durations in its messages are the recording's; nobody waits for them, a virtual clock takes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..constraints.measurement import REPLAYED, Measurement
from .dispatch import Dispatch
from .messages import Message, completed, infeasible, probed, reported
from .recording import Recording

METHOD = "recorded"


@dataclass(frozen=True)
class ReplayedEpoch:
    """An epoch of a recording.

    Attributes:
        epoch: from 1.
        time: place of the seconds since training began.
        metrics: place of each reported metric.
    """

    epoch: int
    time: str
    metrics: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class ReplayWorkload:
    """A `Workload` that reads a recording.

    Attributes:
        recording: of all candidates.
        costs: place of each cost.
        epochs: of a training, in order.
        probe_s: that measuring is taken to last.
        test_error: place of the error on the test split, if it was recorded.
    """

    recording: Recording
    costs: Mapping[str, str]
    epochs: Sequence[ReplayedEpoch]
    probe_s: float
    test_error: str | None = None

    def run(self, dispatch: Mapping[str, Any]) -> Iterator[Message]:
        """See `Workload`; a training that a probe ended is not read any further."""
        asked = Dispatch.of(dispatch)
        row = self.recording.row_of(asked.candidate)
        assert row is not None  # only candidates of the table are proposed
        costs = {metric: self._value(self.costs[metric], row) for metric in asked.metrics}
        broken = [m for m, bound in asked.bounds.items() if costs[m] > bound]
        yield probed(
            [self._measurement(metric, cost) for metric, cost in costs.items()],
            broken=broken,
            borderline=False,
            parameters=0,
            duration_s=self.probe_s if asked.metrics else 0.0,
        )
        if asked.purpose == "confirm" and self.test_error and asked.finalist:
            yield completed({"test_error": self._value(self.test_error, row)})
        elif broken and asked.purpose in ("train", "probe"):
            yield infeasible("budget", broken, "recorded over its bound")
        elif asked.purpose != "train":
            yield completed({})
        else:
            yield from self._train(row, asked.resume_epoch)

    def _train(self, row: int, resume_epoch: int) -> Iterator[Message]:
        passed_s = 0.0
        for epoch in self.epochs:
            now_s = self._value(epoch.time, row)
            if epoch.epoch > resume_epoch:
                metrics = {m: self._value(place, row) for m, place in epoch.metrics.items()}
                duration_s = max(now_s - passed_s, 0.0)
                yield reported(epoch.epoch, metrics, checkpoint="", duration_s=duration_s)
            passed_s = now_s
        yield completed({})

    def _measurement(self, metric: str, cost: float) -> Measurement:
        return Measurement(metric, cost, 0.0, 1, METHOD, self.recording.device_kind, REPLAYED)

    def _value(self, place: str, row: int) -> float:
        return float(self.recording.values[place][row])
