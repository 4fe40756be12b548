"""Runs several variants of one sweep with the same seeds, so that they can be put side by side.

Each (variant, seed) is a run of its own in `<folder>/<variant>/seed-<n>`. A finished one is never
run again and an unfinished one is resumed, so the comparison as a whole can be continued.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from ..constraints.errors import Fault, SpecError
from .account import Account, account_of
from .curves import Curve, incumbent_curve
from .preflight import resolve
from .protocol import Variant
from .quality import Quality
from .run_folder import RunFolder
from .spec import Spec
from .spec_files import load_spec
from .summary import Summary, summarise
from .sweep import Listener, Sweep, create, load, resume

Log = Callable[[str], object]


@dataclass(frozen=True, eq=False)
class Repeat:
    """One run of a comparison, in numbers.

    Attributes:
        seed: of the run.
        summary: what it found and what it cost.
        curve: its incumbent.
        account: what it took, broke, refused and foresaw.
    """

    seed: int
    summary: Summary
    curve: Curve
    account: Account


@dataclass(frozen=True, eq=False)
class Arm:
    """One variant with all its repeats, in the order of their seeds."""

    variant: Variant
    repeats: Sequence[Repeat]

    @property
    def name(self) -> str:
        """Of the variant."""
        return self.variant.name

    @property
    def curves(self) -> list[Curve]:
        """One a repeat."""
        return [repeat.curve for repeat in self.repeats]

    @property
    def summaries(self) -> list[Summary]:
        """One a repeat."""
        return [repeat.summary for repeat in self.repeats]

    @property
    def accounts(self) -> list[Account]:
        """One a repeat."""
        return [repeat.account for repeat in self.repeats]


@dataclass(frozen=True, eq=False)
class Comparison:
    """All arms; `complete` is False if it was interrupted.

    Attributes:
        spec: of all runs.
        arms: in the order they were asked for.
        quality: what the losses of all curves are.
        complete: whether every run is there.
    """

    spec: Spec
    arms: Sequence[Arm]
    quality: Quality
    complete: bool

    @staticmethod
    def of(spec: Spec, sweeps: Mapping[Variant, Sequence[Sweep]], *, complete: bool) -> Comparison:
        """From the sweeps of each variant, in the order of their seeds."""
        runs = [(s.plan, s.state) for repeats in sweeps.values() for s in repeats]
        quality = Quality.of(spec.objectives, runs)
        arms = [
            Arm(variant, [_repeat(sweep, quality) for sweep in repeats])
            for variant, repeats in sweeps.items()
            if repeats
        ]
        return Comparison(spec, arms, quality, complete)


def compare(
    spec: Spec,
    variants: Sequence[Variant],
    repeats: int,
    *,
    folder: Path,
    address: str | None,
    listener: Listener,
    log: Log,
) -> Comparison:
    """Run what is missing, then read everything.

    Args:
        spec: of the sweep; its seed is the first one.
        variants: of the sweep.
        repeats: seeds of each.
        folder: of the comparison.
        address: of a Ray cluster; None starts Ray here.
        listener: of the running sweeps.
        log: takes a line for each run that begins.

    Raises:
        SpecError: if the folder holds runs of another spec.
    """
    runs = [(v, spec.seed + repeat) for repeat in range(repeats) for v in variants]
    _check_existing(spec, runs, folder)
    if spec.table is not None and not _replay_side_by_side(spec, runs, folder, log):
        return Comparison.of(spec, {}, complete=False)
    done: dict[Variant, list[Sweep]] = {variant: [] for variant in variants}
    for variant, seed in runs:
        sweep = _one(spec, variant, seed, folder, address=address, listener=listener, log=log)
        if not sweep.finished:
            return Comparison.of(spec, done, complete=False)
        done[variant].append(sweep)
    return Comparison.of(spec, done, complete=True)


def _one(
    spec: Spec, variant: Variant, seed: int, folder: Path,
    *, address: str | None, listener: Listener, log: Log,
) -> Sweep:  # fmt: skip
    run = _run_folder(folder, variant, seed)
    if not run.journal.is_file():
        log(f"{variant.name}, seed {seed}: {run.path}")
        create(variant.spec(spec, seed), run, address=address)
        return resume(run, address=address, listener=listener)
    sweep = load(run)
    if sweep.finished:
        if spec.table is None:
            log(f"{variant.name}, seed {seed}: kept")
        return sweep
    log(f"{variant.name}, seed {seed}: resumed")
    return resume(run, address=address, listener=listener)


def _repeat(sweep: Sweep, quality: Quality) -> Repeat:
    plan, state = sweep.plan, sweep.state
    curve = incumbent_curve(plan, state, quality)
    return Repeat(
        sweep.spec.seed, summarise(plan, state, sweep.judged), curve, account_of(plan, state)
    )


def _replay_side_by_side(
    spec: Spec, runs: Sequence[tuple[Variant, int]], folder: Path, log: Log
) -> bool:
    """Replays of a table keep one core busy each, so as many run at once as there are cores.

    Returns:
        Whether it was not interrupted.
    """
    missing = [run for run in runs if not _run_folder(folder, *run).trials.is_file()]
    if len(missing) < 2:
        return True
    cores = min(os.cpu_count() or 1, len(missing))
    log(f"{len(missing)} replays, {cores} at once")
    with ProcessPoolExecutor(cores, mp_context=get_context("spawn")) as pool:
        futures = {pool.submit(_replay_one, spec, *run, folder): run for run in missing}
        try:
            for count, future in enumerate(as_completed(futures), start=1):
                future.result()
                variant, seed = futures[future]
                log(f"{variant.name}, seed {seed}: done ({count} of {len(missing)})")
        except KeyboardInterrupt:
            pool.shutdown(cancel_futures=True)
            return False
    return True


def _replay_one(spec: Spec, variant: Variant, seed: int, folder: Path) -> None:
    """In a process of its own; finished runs are read later."""
    quiet = {"listener": lambda plan, state: None, "log": lambda line: None}
    _one(spec, variant, seed, folder, address=None, **quiet)  # type: ignore[arg-type]


def _run_folder(folder: Path, variant: Variant, seed: int) -> RunFolder:
    return RunFolder(folder / variant.name / f"seed-{seed}")


def _check_existing(spec: Spec, runs: Sequence[tuple[Variant, int]], folder: Path) -> None:
    """Runs that are there already must be of the same sweep."""
    faults = []
    for variant, seed in runs:
        run = _run_folder(folder, variant, seed)
        if not run.journal.is_file():
            continue
        there, wanted = load_spec(str(run.spec)), resolve(variant.spec(spec, seed))
        decisive = [key for key in Spec.model_fields if key != "logs"]  # which change no result
        changed = [key for key in decisive if getattr(there, key) != getattr(wanted, key)]
        if changed:
            faults.append(Fault(
                str(run.path), f"was run with another {', '.join(changed)}; choose another `--dir`"
            ))  # fmt: skip
    if faults:
        raise SpecError("the comparison", faults)
