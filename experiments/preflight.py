"""Checks a spec against its surroundings before any work starts: data, device, networks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..constraints.errors import Fault, HyperwattError, SpecError
from ..orchestrator.strategies.registry import missing_extra
from ..workers.meters.devices import REPLAY
from .devices import resolve_device
from .problem import problem_of
from .spec import Spec
from .spec_logs import LogSpec, MlflowSpec, TensorboardSpec, missing_package
from .spec_space import build_space
from .trained_problem import TrainedProblem

if TYPE_CHECKING:
    from ..orchestrator.tune_scheduler import Brought

SAMPLE = 200  # candidates tried on paper; one unbuildable in 50 is found with 98 %


def check_surroundings(spec: Spec, address: str | None = None) -> None:
    """Refuse a sweep that could not run here.

    Args:
        spec: checked by itself.
        address: of the Ray cluster it will run on, whose nodes have devices of their own; None for
            this machine.

    Raises:
        SpecError: with every fault: parameters that nothing uses, networks that cannot be built,
            data that is not there, metrics that the device cannot measure or a table does not hold,
            a strategy or a log whose package is not installed.
    """
    faults = [*problem_of(spec).faults(address), *_unbuildable_networks(spec)]
    missing = missing_extra(spec.strategy)
    if missing:
        faults.append(Fault("strategy", missing))
    faults += [Fault("logs", says) for says in map(missing_package, logs_of(spec)) if says]
    faults += [*_unbuildable_points(spec), *_unfit_scheduler(spec)]
    if faults:
        raise SpecError(f"spec {spec.name!r}", faults)


def resolve(spec: Spec) -> Spec:
    """A spec that means the same wherever it is read: device named, paths absolute.

    On CUDA a trial gets a whole GPU unless the spec says otherwise.
    """
    stored, correction = spec.profile.from_, spec.probe.power_correction
    update: dict[str, Any] = {
        "logs": [_placed(log) for log in logs_of(spec)],
        "warm_start": spec.warm_start.model_copy(
            update={"runs": [_absolute(run) for run in spec.warm_start.runs]}
        ),
        "profile": spec.profile.model_copy(
            update={
                "from_": stored and _absolute(stored),
                "elsewhere": [_absolute(path) for path in spec.profile.elsewhere],
            }
        ),
        "probe": spec.probe.model_copy(
            update={"power_correction": correction and _absolute(correction)}
        ),
    }
    if spec.table is not None:
        path = _absolute(spec.table.path)
        return spec.model_copy(
            update={**update, "table": spec.table.model_copy(update={"path": path})}
        )
    device, task = _located(resolve_device(spec.device)), TrainedProblem(spec).task
    gpu = {"gpu": 1.0} if device == "cuda" else {}
    return spec.model_copy(
        update={
            **update,
            "device": device,
            "resources": {**gpu, **spec.resources},
            "task": task.model_copy(update={"root": task.root and _absolute(task.root)}),
        }
    )


def logs_of(spec: Spec) -> list[LogSpec]:
    """The logs that a spec asks for; TensorBoard's if it does not say and anything is trained."""
    if spec.logs is not None:
        return spec.logs
    trains = spec.table is None and spec.limits.trials > 0
    return [TensorboardSpec()] if trains else []


def _placed(log: LogSpec) -> LogSpec:
    """A folder of MLflow's by its absolute path; addresses as they are."""
    uri = log.tracking_uri if isinstance(log, MlflowSpec) else None
    if not uri or ":" in uri or uri == "databricks":
        return log
    return log.model_copy(update={"tracking_uri": _absolute(uri)})


def unbuildable_share(spec: Spec) -> tuple[float, str]:
    """Which share of the space cannot be built, and why the first of them cannot."""
    if spec.table is not None:  # its rows are its candidates
        return 0.0, ""
    space, problem = build_space(spec.space), TrainedProblem(spec)
    rows = space.sample(SAMPLE, np.random.default_rng(spec.seed))
    reasons = [problem.unbuildable_reason(space.candidate(row)) for row in rows]
    named = [reason for reason in reasons if reason]
    return len(named) / len(rows), named[0] if named else ""


def _located(device: str) -> str:
    """A device's name; the file of one that is replayed by its absolute path."""
    file = device.removeprefix(REPLAY)
    return device if file == device else f"{REPLAY}{_absolute(file)}"


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().resolve())


def brought_scheduler(spec: Spec) -> Brought | None:
    """The scheduler of Ray Tune that a spec brings, if it does."""
    scheduler = spec.early_stopping.scheduler
    if scheduler is None:
        return None
    from ..orchestrator.tune_scheduler import Brought  # loads Ray

    return Brought(scheduler.name, scheduler.options)


def _unfit_scheduler(spec: Spec) -> Iterator[Fault]:
    brought, place = brought_scheduler(spec), "early_stopping.scheduler"
    if brought is None:
        return
    if spec.table is not None:
        yield Fault(place, "a recorded table is replayed without Ray Tune; use `halving`")
        return
    try:
        brought.make()
    except HyperwattError as error:
        yield Fault(place, str(error))


def _unbuildable_points(spec: Spec) -> Iterator[Fault]:
    problem = problem_of(spec)
    for index, point in enumerate(spec.warm_start.points):
        try:
            reason = problem.unbuildable_reason(point)
        except HyperwattError:  # the table cannot be read, which is a fault of its own
            return
        if reason:
            yield Fault(f"warm_start.points.{index}", reason)


def _unbuildable_networks(spec: Spec) -> Iterator[Fault]:
    share, reason = unbuildable_share(spec)
    if share == 1.0:
        yield Fault("space", f"holds no network that can be built: {reason}")
