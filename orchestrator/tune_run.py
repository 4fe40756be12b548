"""Launches a sweep on Ray Tune and waits for its end."""

from __future__ import annotations

import logging
import os
import shlex
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import ray
from ray import tune

from ..constraints.errors import HyperwattError
from .driver import Driver
from .tune_scheduler import Brought, BroughtScheduler
from .tune_searcher import JournalScheduler, TuneSearcher


@dataclass(frozen=True)
class Cluster:
    """Where the trials run.

    Attributes:
        address: of a Ray cluster (`auto` finds one); None starts Ray on this machine.
        resources: per trial, as Ray names them (`cpu`, `gpu`, ...).
        cpus: that a Ray started here may use; None for all.
        here: whether the Ray at `address` was started on this machine by one of our processes.
    """

    address: str | None = None
    resources: Mapping[str, float] = field(default_factory=lambda: {"cpu": 1})
    cpus: int | None = None
    here: bool = False


def connect(cluster: Cluster) -> None:
    """Start or join Ray, unless this process has already.

    Side effects:
        Starts Ray's processes; quietens its logs to warnings.
    """
    if ray.is_initialized():
        return
    os.environ.setdefault("RAY_AIR_NEW_OUTPUT", "0")
    os.environ.setdefault("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", "1")  # our journal has it all
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    # Ray's own monitor ends the actor; the kernel's killer ends its child, and the actor tells.
    os.environ.setdefault("RAY_memory_monitor_refresh_ms", "0")
    new: dict[str, Any] = (
        {} if cluster.address else {"num_cpus": cluster.cpus, "include_dashboard": False}
    )
    ray.init(
        address=cluster.address,
        log_to_driver=False,
        logging_level=logging.ERROR,
        **new,
        **({} if cluster.address and not cluster.here else _of_this_machine()),
    )


def joined(cluster: Cluster) -> Cluster:
    """Start or join Ray, and say how other processes of this machine can join it.

    Side effects:
        As `connect`; a Ray that this process started ends with it.
    """
    connect(cluster)
    if cluster.address:
        return cluster
    return replace(cluster, address=ray.get_runtime_context().gcs_address, here=True)


def free_slots(cluster: Cluster) -> int:
    """How many trials the cluster can hold at once; at least 1 where it may grow.

    Raises:
        HyperwattError: if it cannot hold one; says what is asked and what there is.
    """
    there = ray.cluster_resources()  # type: ignore[no-untyped-call]  # Ray's
    asked = {_ray_name(name): amount for name, amount in cluster.resources.items() if amount}
    slots = min(int(there.get(name, 0.0) / amount) for name, amount in asked.items())
    if slots < 1 and cluster.address:  # an autoscaler may add nodes once it is asked for them
        return 1
    if slots < 1:
        has = {name: there.get(name, 0.0) for name in asked}
        raise HyperwattError(
            f"`resources` asks for {asked} a trial, but the cluster has {has}; "
            "lower `resources` or add nodes"
        )
    return slots


def run_on_tune(
    driver: Driver,
    trainable: type[tune.Trainable],
    workload: Mapping[str, Any],
    *,
    cluster: Cluster,
    storage: Path,
    brought: Brought | None = None,
) -> None:
    """Run a sweep to its end, or until Ctrl-C, which Tune catches.

    Args:
        driver: of the sweep.
        trainable: the workers' actor; gets a dispatch as config, and `workload`.
        workload: what all trials share; plain values.
        cluster: where.
        storage: folder for Tune's own files.
        brought: a scheduler of Tune's that may stop trainings too.

    Raises:
        HyperwattError: if a hook failed, or Tune lost count; what was measured until then is in the
            journal.
    """
    # By itself Tune starts one actor at a time, and drops one that is still starting when another
    # becomes free: on short trials, a second actor never comes up. Our searcher counts for itself.
    os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = str(driver.search.plan.limits.concurrency)
    searcher = TuneSearcher(driver)
    shared = tune.with_parameters(trainable, workload=dict(workload))
    placed = tune.with_resources(shared, dict(cluster.resources))
    scheduler = (
        JournalScheduler(searcher)
        if brought is None
        else BroughtScheduler(searcher, brought.make())
    )
    results = tune.Tuner(placed, **_configs(searcher, scheduler, storage)).fit()
    if searcher.fault is not None:
        raise HyperwattError(f"the search stopped: {searcher.fault}") from searcher.fault
    if len(results) != len(searcher.trials):
        raise HyperwattError(
            f"Tune ran {len(results)} trials where the journal has {len(searcher.trials)}; what "
            "was measured is in the journal: resume the run"
        )


def _configs(searcher: TuneSearcher, scheduler: JournalScheduler, storage: Path) -> dict[str, Any]:
    return {
        "tune_config": tune.TuneConfig(
            search_alg=searcher,
            scheduler=scheduler,
            num_samples=-1,
            reuse_actors=True,
        ),
        "run_config": tune.RunConfig(
            name=storage.name,
            storage_path=str(storage.parent),
            verbose=0,
            checkpoint_config=tune.CheckpointConfig(checkpoint_at_end=False),  # workers keep theirs
        ),
    }


def _of_this_machine() -> dict[str, Any]:
    """Ray starts its workers through a shell and does not quote the interpreter's path."""
    quoted = shlex.quote(sys.executable)
    return {} if quoted == sys.executable else {"runtime_env": {"py_executable": quoted}}


def _ray_name(resource: str) -> str:
    return {"cpu": "CPU", "gpu": "GPU"}.get(resource, resource)
