"""Runs that are there already, found in folders and read, finished or not.

A folder is a run, or holds a comparison, `<variant>/seed-<n>`, or one arm of it, `seed-<n>`, and
stands for all runs in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..constraints.errors import Fault, HyperwattError
from ..orchestrator.journal import is_being_written
from .problem import problem_of
from .protocol import Variant
from .run_folder import RunFolder
from .sweep import Sweep, load


@dataclass(frozen=True, eq=False)
class ExistingRun:
    """A run that was read.

    Attributes:
        sweep: as far as it got.
        running: whether a process still carries it out.
    """

    sweep: Sweep
    running: bool

    @property
    def path(self) -> str:
        """Of its folder, as it was given."""
        return str(self.sweep.folder.path)

    @property
    def seed(self) -> int:
        """Of the run."""
        return self.sweep.spec.seed

    @property
    def device_kind(self) -> str | None:
        """What its costs were measured on; None if it measured none."""
        return self.sweep.state.costs.device

    def standing(self) -> str:
        """How far it got, if it is not finished; else empty."""
        if self.sweep.finished:
            return ""
        state = self.sweep.state
        ended = sum(trial.end is not None for trial in state.of("train"))
        word = "STILL RUNNING" if self.running else "UNFINISHED (interrupted, or it crashed)"
        limit = self.sweep.spec.limits.trials
        return f"{word} after {ended} of at most {limit} trainings and {state.now_s:.0f} s"


def is_comparison(folder: Path) -> bool:
    """Whether a folder holds runs of a comparison, or of one of its arms."""
    return not _is_run(folder) and bool(_inside(folder))


def find_runs(folders: Sequence[Path]) -> tuple[list[RunFolder], list[Fault]]:
    """Every run in some folders, each once, and what is wrong with the folders."""
    found: dict[Path, RunFolder] = {}
    faults: list[Fault] = []
    for folder in folders:
        paths = [folder] if _is_run(folder) else _inside(folder)
        found.update({path.resolve(): RunFolder(path) for path in paths
                      if path.resolve() not in found})  # fmt: skip
        if not paths:
            faults.append(Fault(str(folder), _why_none(folder)))
    return list(found.values()), faults


def read_runs(folders: Sequence[RunFolder]) -> tuple[list[ExistingRun], list[Fault]]:
    """Those that can be read, and why the others cannot: files missing, damaged or too new."""
    runs: list[ExistingRun] = []
    faults: list[Fault] = []
    for folder in folders:
        try:
            sweep = load(folder)
            problem_of(sweep.spec).device_kind()  # reads a table, which may be gone
            running = not sweep.finished and is_being_written(folder.journal)
            runs.append(ExistingRun(sweep, running))
        except (HyperwattError, OSError) as error:
            faults.append(Fault(str(folder.path), f"cannot be read: {error}"))
    return runs, faults


def by_variant(runs: Sequence[ExistingRun]) -> dict[Variant, list[ExistingRun]]:
    """The arms that runs belong to, each in the order of seeds.

    Early stopping tells arms apart only where some runs have it and some do not.
    """
    ruled = [has_rules(run) for run in runs]
    arms: dict[Variant, list[ExistingRun]] = {}
    for run, rules in zip(runs, ruled, strict=True):
        variant = Variant(run.sweep.spec.strategy, any(ruled) and not rules)
        arms.setdefault(variant, []).append(run)
    return {variant: sorted(arm, key=lambda run: run.seed) for variant, arm in arms.items()}


def has_rules(run: ExistingRun) -> bool:
    """Whether a run may stop trainings early."""
    rules = run.sweep.spec.early_stopping
    return any(rule is not None for rule in (rules.chance_level, rules.halving, rules.scheduler))


def _is_run(folder: Path) -> bool:
    run = RunFolder(folder)
    return run.spec.is_file() or run.journal.is_file()


def _inside(folder: Path) -> list[Path]:
    """Runs of a comparison or an arm, by variant and seed."""
    seeds = (p for form in ("seed-*", "*/seed-*") for p in folder.glob(form) if p.is_dir())
    return sorted(seeds, key=lambda path: (path.parent.name, _number(path), path.name))


def _number(path: Path) -> int:
    digits = path.name.removeprefix("seed-")
    return int(digits) if digits.isdecimal() else 0


def _why_none(folder: Path) -> str:
    if not folder.exists():
        return "is not there; name the folder of a run, or of a comparison"
    if not folder.is_dir():
        return "is a file; name the folder of a run, or of a comparison"
    shares = ", ".join(str(path) for path in _shares(folder))
    remedy = f"name one of its budgets: {shares}" if shares else "leave it out"
    return (
        "is no run (no spec.yaml and no journal.jsonl in it) and no comparison (no "
        f"<strategy>/seed-<n> in it); {remedy}"
    )


def _shares(folder: Path) -> Iterator[Path]:
    yield from sorted(path for path in folder.glob("feasible-*") if _inside(path))
