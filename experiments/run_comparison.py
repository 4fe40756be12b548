"""Runs what is missing of a comparison, in the way that suits it, and reads everything.

One run at a time in this process; several at a time on one Ray, each in a process of its own; or,
because replays of a table keep one core busy each, as many of these as there are cores. A run that
fails takes no other down.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import BrokenExecutor, Future, ProcessPoolExecutor, as_completed
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from ..constraints.errors import HyperwattError
from ..orchestrator.tune_run import Cluster, connect, free_slots, joined
from ..workers.provision import prepare_task
from .compared_runs import ComparedRun, Log, carry_on, check_existing, runs_of
from .comparison import Comparison
from .live import newly_ended
from .preflight import resolve
from .protocol import Variant, ignored_line
from .side_by_side import Broke, Done, End, Say, Stopped, broke, run_side_by_side
from .spec import Spec
from .sweep import Listener, Sweep, load
from .trained_problem import TrainedProblem


def compare(
    spec: Spec,
    variants: Sequence[Variant],
    repeats: int,
    *,
    folder: Path,
    address: str | None,
    listener: Listener,
    log: Log,
    at_once: int | None = None,
) -> Comparison:
    """Run what is missing, then read everything.

    Args:
        spec: of the sweep; its seed is the first one.
        variants: of the sweep.
        repeats: seeds of each.
        folder: of the comparison.
        address: of a Ray cluster; None starts Ray here.
        listener: of the running sweeps, where there is one at a time.
        log: takes a line for each run that begins, and for each trial where several run.
        at_once: runs at a time; None for one, and for as many replays as there are cores.

    Raises:
        SpecError: if the folder holds runs of another spec.
    """
    runs = runs_of(spec, variants, repeats, folder)
    check_existing(spec, runs)
    ignored = ignored_line(spec, variants)
    if ignored:
        log(ignored)
    there, ends = _read([run for run in runs if run.folder.journal.is_file()])
    kept = {run: sweep for run, sweep in there.items() if sweep.finished}
    for run in kept if spec.table is None else ():
        log(f"{run.name}: kept")
    missing = [run for run in runs if run not in kept and run not in ends]
    ends |= _carry_out(spec, missing, address=address, listener=listener, log=log, at_once=at_once)
    new, unread = _read([run for run, end in ends.items() if isinstance(end, Done)])
    return _compared(
        spec,
        variants,
        runs,
        sweeps={**kept, **new},
        ends={**ends, **unread},
        ignored=ignored,
    )


def _carry_out(
    spec: Spec,
    runs: Sequence[ComparedRun],
    *,
    address: str | None,
    listener: Listener,
    log: Log,
    at_once: int | None,
) -> dict[ComparedRun, End]:
    if spec.table is not None and len(runs) > 1 and at_once != 1:
        return _replays(spec, runs, log, at_once or os.cpu_count() or 1)
    if spec.table is None and (at_once or 1) > 1 and runs:
        return _on_one_ray(spec, runs, log, at_once=at_once or 1, address=address)
    return _one_after_another(spec, runs, address=address, listener=listener, log=log)


def _one_after_another(
    spec: Spec,
    runs: Sequence[ComparedRun],
    *,
    address: str | None,
    listener: Listener,
    log: Log,
) -> dict[ComparedRun, End]:
    """In this process, on the Ray that the first of them starts."""
    ends: dict[ComparedRun, End] = dict.fromkeys(runs, Stopped())
    for run in runs:
        said = _named(run, log)
        try:
            sweep = carry_on(spec, run, address=address, listener=listener, log=said)
            ends[run] = Done() if sweep.finished else Stopped()
        except KeyboardInterrupt:
            return ends
        except Exception as error:
            ends[run] = broken = broke(error)
            said(f"failed: {broken.reason}")
        if isinstance(ends[run], Stopped):
            return ends
    return ends


def _on_one_ray(
    spec: Spec, runs: Sequence[ComparedRun], log: Log, *, at_once: int, address: str | None
) -> dict[ComparedRun, End]:
    """Each with its share of the slots of one Ray, which this process starts or joins."""
    whole = resolve(spec)
    cluster = joined(Cluster(address, resources=whole.resources))
    slots = free_slots(cluster)
    several = min(at_once, slots)
    share = slots // several
    log(f"{several} runs at a time on one Ray, {share} of its {slots} slots each"
        + (f" (it has no slots for {at_once})" if several < at_once else ""))  # fmt: skip
    prepare_task(TrainedProblem(whole).task_dict())  # or all would fetch the data at once
    shared = partial(_on_shared_ray, spec, cluster=cluster, address=address, share=share)
    tasks = {run.name: partial(shared, run) for run in runs}
    ends = run_side_by_side(tasks, several, log)
    return {run: ends[run.name] for run in runs}


def _on_shared_ray(
    spec: Spec, run: ComparedRun, say: Say, *, cluster: Cluster, address: str | None, share: int
) -> bool:
    """In a process of its own."""
    connect(cluster)
    told: set[str] = set()

    def listener(plan: object, state: object) -> None:
        for line in newly_ended(plan, state, told):  # type: ignore[arg-type]
            say(line)

    sweep = carry_on(spec, run, address=address, listener=listener, log=say, at_most=share)
    return sweep.finished


def _replays(
    spec: Spec, runs: Sequence[ComparedRun], log: Log, at_once: int
) -> dict[ComparedRun, End]:
    """On processes that are used again, because a replay is over in seconds."""
    cores = min(at_once, len(runs))
    log(f"{len(runs)} replays, {cores} at once")
    ends: dict[ComparedRun, End] = dict.fromkeys(runs, Stopped())
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        futures = {pool.submit(_replay, spec, run): run for run in runs}
        try:
            for count, future in enumerate(as_completed(futures), start=1):
                run = futures[future]
                ends[run] = _end_of(future)
                word = "failed" if isinstance(ends[run], Broke) else "done"
                log(f"{run.name}: {word} ({count} of {len(runs)})")
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
    return ends


def _replay(spec: Spec, run: ComparedRun) -> End:
    """In a process of its own; what it finds is read later."""
    try:
        carry_on(spec, run, address=None, listener=lambda plan, state: None, log=lambda line: None)
    except Exception as error:
        return broke(error)
    return Done()


def _end_of(replay: Future[End]) -> End:
    """How a replay ended; one whose process was killed takes its pool down."""
    try:
        return replay.result()
    except BrokenExecutor as error:
        return Broke(f"its process was killed: {error}")


def _named(run: ComparedRun, log: Log) -> Log:
    return lambda line: log(f"{run.name}: {line}")


def _read(runs: Sequence[ComparedRun]) -> tuple[dict[ComparedRun, Sweep], dict[ComparedRun, End]]:
    """The runs that can be read, and why the others cannot."""
    sweeps: dict[ComparedRun, Sweep] = {}
    ends: dict[ComparedRun, End] = {}
    for run in runs:
        try:
            sweeps[run] = load(run.folder)
        except HyperwattError as error:
            ends[run] = Broke(str(error))
    return sweeps, ends


def _compared(
    spec: Spec,
    variants: Sequence[Variant],
    runs: Sequence[ComparedRun],
    *,
    sweeps: Mapping[ComparedRun, Sweep],
    ends: Mapping[ComparedRun, End],
    ignored: str,
) -> Comparison:
    gathered = {
        variant: [sweeps[run] for run in runs if run.variant == variant and run in sweeps]
        for variant in variants
    }
    failed = [f"FAILED: {run.name}: {e.reason}" for run, e in ends.items() if isinstance(e, Broke)]
    if failed:
        failed = [
            f"INCOMPLETE: {len(failed)} of {len(runs)} runs failed and are left out; the same "
            "command continues them", *failed,
        ]  # fmt: skip
    return Comparison.of(
        spec,
        gathered,
        complete=len(sweeps) == len(runs),
        interrupted=any(isinstance(end, Stopped) for end in ends.values()),
        failed=failed,
        remarks=[ignored] if ignored else [],
    )
