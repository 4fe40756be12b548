"""Checks a spec against its surroundings before any work starts: data, device, networks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ..constraints.errors import DataError, Fault, NetworkError, SpecError, did_you_mean
from ..constraints.metrics import COSTS, METRICS
from ..workers.data import check_task, describe_task
from ..workers.meters.devices import capabilities
from ..workers.networks.registry import find_family
from ..workers.training_parameters import TRAINING_PARAMETERS
from .compose import task_dict
from .spec import Spec
from .spec_space import build_space

SAMPLE = 200  # candidates tried on paper; one unbuildable in 50 is found with 98 %


def check_surroundings(spec: Spec) -> None:
    """Refuse a sweep that could not run here.

    Raises:
        SpecError: with every fault: parameters that nothing uses, networks that cannot be built,
            data that is not there, metrics that the device cannot measure.
    """
    faults = [
        *_unused_parameters(spec),
        *_unbuildable_networks(spec),
        *_missing_data(spec),
        *_unmeasurable_metrics(spec),
        *_missing_profile(spec),
    ]
    if faults:
        raise SpecError(f"spec {spec.name!r}", faults)


def resolve_device(device: str) -> str:
    """`auto` is CUDA when there is one."""
    if device != "auto":
        return device
    return "cuda" if _cuda_is_there() else "cpu"


def unbuildable_share(spec: Spec) -> tuple[float, str]:
    """Which share of the space cannot be built, and why the first of them cannot."""
    family = find_family(spec.network.name)
    shape = describe_task(spec.task.name)
    space = build_space(spec.space)
    rows = space.sample(SAMPLE, np.random.default_rng(spec.seed))
    reasons = []
    for row in rows:
        config = {**spec.network.fixed, **space.candidate(row)}
        try:
            family.check(config, shape.input_shape, shape.classes)
        except NetworkError as error:
            reasons.append(str(error))
    return len(reasons) / len(rows), reasons[0] if reasons else ""


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
    wanted = [*spec.budget, *(m for m in (*spec.constraints, *spec.objectives) if m in COSTS)]
    for metric in dict.fromkeys(wanted):
        if metric not in can:
            reason = cannot.get(metric, "no meter knows it")
            yield Fault(
                f"budget.{METRICS[metric].short}", f"cannot be measured on {device}: {reason}"
            )


def _missing_profile(spec: Spec) -> Iterator[Fault]:
    stored = spec.profile.from_
    if stored is not None and not Path(stored).exists():
        yield Fault("profile.from", f"no run and no profile at {stored!r}")
