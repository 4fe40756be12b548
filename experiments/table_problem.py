"""The rows of a recorded table, as a problem to search."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..constraints.domains import Array
from ..constraints.errors import DataError, Fault, SpecError, did_you_mean
from ..constraints.metrics import COSTS, METRICS
from ..constraints.row_checks import suspicious_unit
from ..constraints.space import Space
from ..workers.recording import Recording, Value, read_recording
from ..workers.replay import ReplayedEpoch, ReplayWorkload
from .spec import Spec
from .spec_fields import Section
from .spec_space import ParameterSpec, build_space
from .spec_table import ColumnSpec, TableSpec


@dataclass(frozen=True)
class TableProblem:
    """A `Problem`; its spec has a table."""

    spec: Spec

    @property
    def table(self) -> TableSpec:
        """As the spec says."""
        assert self.spec.table is not None  # or the spec has a task
        return self.spec.table

    def recording(self) -> Recording:
        """The table, read once in a process.

        Raises:
            DataError, SpecError: as `read_recording`.
        """
        return _read(self.spec.model_dump_json(include={"table", "space"}))

    def workload(self) -> ReplayWorkload:
        """What reads the recording instead of training."""
        epochs = [
            ReplayedEpoch(e.epoch, f"{_epoch(i)}.time", {m: f"{_epoch(i)}.{m}" for m in e.metrics})
            for i, e in enumerate(self.table.epochs)
        ]
        return ReplayWorkload(
            recording=self.recording(),
            costs={metric: f"table.costs.{metric}" for metric in self.table.costs},
            epochs=epochs,
            probe_s=self.table.probe_time,
            test_error="table.test_error" if self.table.test_error else None,
        )

    def shortest_training_s(self) -> float:
        """Seconds of the shortest full training, its probe included."""
        last = f"{_epoch(len(self.table.epochs) - 1)}.time"
        return float(self.recording().values[last].min()) + self.table.probe_time

    def costs(self, metric: str) -> Array:
        """Of all candidates, `(n,)`."""
        return self.recording().values[f"table.costs.{metric}"]

    def structural_names(self) -> frozenset[str]:
        """All: what costs something is for the model to find out."""
        return frozenset(self.spec.space)

    def unbuildable_reason(self, candidate: Mapping[str, Any]) -> str:
        """A table that is not partial holds every candidate."""
        if not self.table.partial or self.recording().row_of(candidate) is not None:
            return ""
        return "it is not in the table"

    def chance_error(self) -> float | None:
        """As the spec says."""
        return self.table.chance_error

    def last_epoch(self) -> int:
        """Of the recording."""
        return self.table.epochs[-1].epoch

    def listed(self, space: Space) -> Array | None:
        """The rows."""
        return self.recording().units if self.table.partial else None

    def setting(self) -> dict[str, Any]:
        """The recording."""
        return {"table": self.recording().name}

    def device_kind(self) -> str:
        """A kind of its own."""
        return self.recording().device_kind

    def faults(self, address: str | None) -> Iterator[Fault]:
        """Of the table, and metrics that it does not hold."""
        if address is not None:
            yield Fault("--address", "a recorded table is replayed here and needs no cluster")
        if self.spec.device != "auto":
            yield Fault("device", f"a recorded table needs none, got {self.spec.device!r}")
        for place, metric in self.spec.wanted_metrics():
            if metric in COSTS and metric not in self.table.costs:
                known = did_you_mean(metric, self.table.costs)
                says = f"the table has no such cost under `table.costs`; {known}"
                yield Fault(f"{place}.{METRICS[metric].short}", says)
        try:
            shortest_s = self.shortest_training_s()
        except SpecError as error:
            yield from error.faults
        except DataError as error:
            yield Fault("table.path", str(error))
        else:
            yield from self._too_little_time(shortest_s)

    def about(self) -> list[str]:
        """Where the values come from, and which times nobody recorded."""
        rows = f"{len(self.recording().units):,} candidates"
        lines = [f"recorded table {self.table.path}, {rows}, replayed in virtual time"]
        if not isinstance(self.table.epochs[-1].time, ColumnSpec):
            full_s = self.table.epochs[-1].time
            lines.append(f"training time is ASSUMED, {full_s:g} s each: the table has none")
        suspected = [suspicious_unit(metric, self.costs(metric)) for metric in self.table.costs]
        return [*lines, *(f"SUSPECT: {says}; check its `scale`" for says in suspected if says)]

    def _too_little_time(self, shortest_s: float) -> Iterator[Fault]:
        limit_s = self.spec.limits.wall_clock
        if limit_s < shortest_s and self.spec.limits.trials:
            says = f"the shortest training of the table takes {shortest_s:g} s, got {limit_s:g} s"
            yield Fault("limits.wall_clock", f"{says}; raise it")


class _Sections(Section):
    """What a recording depends on."""

    table: TableSpec
    space: dict[str, ParameterSpec]


@lru_cache(maxsize=2)
def _read(sections: str) -> Recording:
    """The recording of two sections of a spec, as JSON."""
    read = _Sections.model_validate_json(sections)
    table, space = read.table, build_space(read.space)
    values = [_value(f"table.costs.{metric}", at) for metric, at in table.costs.items()]
    for index, epoch in enumerate(table.epochs):
        values.append(_value(f"{_epoch(index)}.time", epoch.time))
        values += [_value(f"{_epoch(index)}.{m}", at) for m, at in epoch.metrics.items()]
    if table.test_error is not None:
        values.append(_value("table.test_error", table.test_error))
    return read_recording(table.path, space, values, partial=table.partial)


def _epoch(index: int) -> str:
    return f"table.epochs.{index}"


def _value(place: str, at: ColumnSpec | float) -> Value:
    if isinstance(at, ColumnSpec):
        return Value(place, at.column, at.scale, at.offset)
    return Value(place, None, offset=at)
