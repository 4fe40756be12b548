"""Checks a spec against its surroundings before any work starts: data, device, networks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..constraints.errors import DataError, Fault, SpecError, did_you_mean
from ..constraints.metrics import COSTS, METRICS
from ..workers.data import check_task
from ..workers.meters.cpu import cpu_kind
from ..workers.meters.devices import capabilities
from ..workers.networks.registry import find_family
from ..workers.training_parameters import TRAINING_PARAMETERS
from .compose import task_dict, threads_of, unbuildable_reason
from .spec import Spec
from .spec_space import build_space

SAMPLE = 200  # candidates tried on paper; one unbuildable in 50 is found with 98 %


def check_surroundings(spec: Spec, address: str | None = None) -> None:
    """Refuse a sweep that could not run here.

    Args:
        spec: checked by itself.
        address: of the Ray cluster it will run on, whose nodes have devices of their own; None for
            this machine.

    Raises:
        SpecError: with every fault: parameters that nothing uses, networks that cannot be built,
            data that is not there, metrics that the device cannot measure.
    """
    faults = [
        *_unused_parameters(spec),
        *_unbuildable_networks(spec),
        *_missing_data(spec),
        *([] if address else _unmeasurable_metrics(spec)),
    ]
    if faults:
        raise SpecError(f"spec {spec.name!r}", faults)


def resolve(spec: Spec) -> Spec:
    """A spec that means the same wherever it is read: device named, paths absolute.

    On CUDA a trial gets a whole GPU unless the spec says otherwise.
    """
    device = resolve_device(spec.device)
    gpu = {"gpu": 1.0} if device == "cuda" else {}
    root, stored = spec.task.root, spec.profile.from_
    return spec.model_copy(
        update={
            "device": device,
            "resources": {**gpu, **spec.resources},
            "task": spec.task.model_copy(update={"root": root and _absolute(root)}),
            "profile": spec.profile.model_copy(update={"from_": stored and _absolute(stored)}),
        }
    )


def resolve_device(device: str) -> str:
    """`auto` is CUDA when there is one."""
    if device != "auto":
        return device
    return "cuda" if _cuda_is_there() else "cpu"


def device_kind(spec: Spec) -> str | None:
    """The kind of this machine's device; None if only a worker can tell (a GPU)."""
    if spec.device == "cpu":
        return cpu_kind(threads_of(spec))
    return None if spec.device == "cuda" else spec.device


def unbuildable_share(spec: Spec) -> tuple[float, str]:
    """Which share of the space cannot be built, and why the first of them cannot."""
    space = build_space(spec.space)
    rows = space.sample(SAMPLE, np.random.default_rng(spec.seed))
    reasons = [unbuildable_reason(spec, space.candidate(row)) for row in rows]
    named = [reason for reason in reasons if reason]
    return len(named) / len(rows), named[0] if named else ""


def _absolute(path: str) -> str:
    return str(Path(path).expanduser().resolve())


def _cuda_is_there() -> bool:
    can, _ = capabilities("cuda")
    return bool(can)


def _unused_parameters(spec: Spec) -> Iterator[Fault]:
    structural = find_family(spec.network.name).structural_names()
    for name in spec.space:
        if name not in structural and name not in TRAINING_PARAMETERS:
            yield Fault(
                f"space.{name}",
                f"is used by neither the network {spec.network.name!r} nor the training; "
                + did_you_mean(name, structural | set(TRAINING_PARAMETERS)),
            )
    for name in spec.network.fixed:
        if name not in structural:
            yield Fault(f"network.fixed.{name}", f"is unknown; {did_you_mean(name, structural)}")
        elif name in spec.space:
            yield Fault(f"network.fixed.{name}", "is searched under `space` too; keep one")


def _unbuildable_networks(spec: Spec) -> Iterator[Fault]:
    share, reason = unbuildable_share(spec)
    if share == 1.0:
        yield Fault("space", f"holds no network that can be built: {reason}")


def _missing_data(spec: Spec) -> Iterator[Fault]:
    try:
        check_task(task_dict(spec))
    except DataError as error:
        yield Fault("task", str(error))


def _unmeasurable_metrics(spec: Spec) -> Iterator[Fault]:
    device = resolve_device(spec.device)
    if device == "cuda" and not _cuda_is_there():
        yield Fault("device", "CUDA was asked for, but torch finds none; use `cpu` or `auto`")
        return
    can, cannot = capabilities(device)
    sections = (("budget", spec.budget), ("constraints", spec.constraints))
    wanted = [(section, metric) for section, names in sections for metric in names]
    wanted += [("objectives", metric) for metric in spec.objectives]
    for section, metric in wanted:
        if metric in COSTS and metric not in can:
            reason = cannot.get(metric, "no meter knows it")
            place = f"{section}.{METRICS[metric].short}"
            yield Fault(place, f"cannot be measured on {device}: {reason}")
