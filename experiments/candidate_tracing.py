"""Traces of a spec's candidates: what their networks do, without building them on a device."""

from __future__ import annotations

import atexit
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from ..constraints.candidate import Candidate
from ..constraints.domains import Array
from ..constraints.errors import NetworkError
from ..constraints.space import Space
from ..constraints.tracing.kernels import GPU, Kernels
from ..constraints.tracing.network_trace import NetworkTrace, Work
from ..constraints.tracing.request import TrainingStep
from ..constraints.tracing.tracer import Tracer
from ..constraints.tracing.work_features import WORK_FEATURES, work_features
from ..workers.candidate_network import Loss, OptimizerBuilder
from .devices import resolve_device
from .trace_cache import TraceCache
from .trained_problem import TrainedProblem

Phase = Literal["inference", "training"]


@dataclass(frozen=True, eq=False)
class CandidateTracer:
    """Traces candidates of one problem.

    Attributes:
        problem: whose networks they are.
        phases: that are wanted.
        cache: of their work.
        faults: why networks could not be traced.
    """

    problem: TrainedProblem
    phases: tuple[Phase, ...]
    cache: TraceCache = field(default_factory=lambda: TraceCache(None))
    faults: list[str] = field(default_factory=list)

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns of `work`."""
        return tuple(f"{phase}.{name}" for phase in self.phases for name in WORK_FEATURES)

    def why(self) -> str:
        """The first reason for a network that could not be traced, as `: reason`."""
        return f": {self.faults[0]}" if self.faults else ""

    def trace(self, candidate: Mapping[str, Any]) -> NetworkTrace:
        """Trace one candidate; remembered.

        Raises:
            NetworkError: if its network cannot be built or traced.
        """
        return shared_tracer().trace(
            self.problem.network_builder(),
            dict(candidate),
            self.problem.network_builder().input_shape,
            batch_size=self.problem.spec.probe.batch_size,
            training=self._step(candidate) if "training" in self.phases else None,
            kernels=kernels_of(resolve_device(self.problem.spec.device), self.problem.threads()),
        )

    def work(self, space: Space, units: Array) -> Array | None:
        """The work of a point `(d,)`, `(k,)`; None if it cannot be traced."""
        candidate = space.candidate(units)
        return self.cache.get(candidate.key, lambda: self._work(candidate))

    def _work(self, candidate: Candidate) -> Array | None:
        if self.problem.unbuildable_reason(candidate):
            return None
        try:
            trace = self.trace(candidate)
        except NetworkError as error:
            self.faults.append(str(error))
            return None
        rows = [work_features(_phase(trace, phase)).values() for phase in self.phases]
        return np.array([value for row in rows for value in row])

    def _step(self, candidate: Mapping[str, Any]) -> TrainingStep:
        parameters = self.problem.training_of(candidate)
        return TrainingStep(
            OptimizerBuilder(parameters), loss=Loss(parameters), batch_size=parameters.batch_size
        )


def phases_of(metrics: Sequence[str]) -> tuple[Phase, ...]:
    """The phases that some metrics are costs of; inference at least."""
    training = any(metric.startswith("train_") for metric in metrics)
    return ("inference", "training") if training else ("inference",)


@lru_cache(maxsize=1)
def shared_tracer() -> Tracer:
    """The one of this process; it ends with it."""
    tracer = Tracer()
    atexit.register(tracer.close)
    return tracer


@lru_cache(maxsize=8)
def _cpu_kernels(threads: int) -> Kernels:
    from ..constraints.tracing.kernels import kernels_of_this_cpu

    return replace(kernels_of_this_cpu(), threads=threads)


def kernels_of(device: str, threads: int) -> Kernels:
    """Whose kernels run on a device, as specs name it."""
    return _cpu_kernels(threads) if device == "cpu" else GPU


def device_of(kind: str) -> str:
    """What specs call a kind of device: a CPU, or something else.

    >>> device_of("cpu:AMD EPYC/1 thread"), device_of("NVIDIA H100")
    ('cpu', 'cuda')
    """
    return "cpu" if kind.split(":")[0] == "cpu" else "cuda"


def _phase(trace: NetworkTrace, phase: Phase) -> Work:
    work = trace.inference if phase == "inference" else trace.training
    assert work is not None  # it was asked for
    return work
