"""A comparison of runs that are there already; nothing is run.

Runs are grouped into arms by strategy, and each is a repeat. All that forbids comparing them is
said at once; what only makes it unfair stands with the tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from ..constraints.errors import Fault, SpecError
from .comparison import Comparison
from .comparison_report import write_comparison
from .existing_runs import ExistingRun, by_variant, find_runs, read_runs
from .protocol import Variant
from .report_place import check_out
from .run_differences import meaningless, unfair
from .run_folder import new_folder

LISTED = 4  # runs named one by one; of more, the number is said
Arms = Mapping[Variant, Sequence[ExistingRun]]


def compare_existing(folders: Sequence[Path]) -> Comparison:
    """Put runs side by side.

    Args:
        folders: of runs, and of comparisons, which stand for all runs in them.

    Raises:
        SpecError: with every folder that holds no run, every run that cannot be read, every two
            runs of one strategy and seed, and every difference that forbids comparing.
    """
    found, faults = find_runs(folders)
    runs, unread = read_runs(found)
    faults += [*unread, *_twice(by_variant(runs)), *_forbidden(runs)]
    if faults:
        raise SpecError("the report", faults)
    arms = by_variant(runs)
    return Comparison.of(
        runs[0].sweep.spec,
        {variant: [run.sweep for run in arm] for variant, arm in arms.items()},
        complete=all(run.sweep.finished for run in runs),
        remarks=[*_standings(arms), *_warnings(runs, arms)],
    )


def write_report(comparison: Comparison, out: Path | None, runs: Sequence[Path]) -> Path:
    """Write the report of several runs.

    Args:
        comparison: of them.
        out: where to; None for a new folder below `runs/`.
        runs: folders that are compared, which keep reports of their own.

    Returns:
        Where it lies.

    Raises:
        RunError: if it must not lie there; see `check_out`.
    """
    if out is None:
        out = new_folder(f"report-{comparison.spec.name}", datetime.now()).path
    check_out(out, runs)
    out.mkdir(parents=True, exist_ok=True)
    write_comparison(comparison, out)
    return out


def _twice(arms: Arms) -> Iterator[Fault]:
    """Two runs of one arm and seed, of which neither is the other's repeat."""
    for variant, runs in arms.items():
        for seed in sorted({run.seed for run in runs}):
            same = [run.path for run in runs if run.seed == seed]
            if len(same) > 1:
                says = f"{len(same)} runs have seed {seed}: {', '.join(same)}; keep one of them"
                yield Fault(variant.name, says)


def _forbidden(runs: Sequence[ExistingRun]) -> list[Fault]:
    def paths(those: Sequence[ExistingRun]) -> str:
        return f"{len(those)} runs" if len(those) > LISTED else ", ".join(r.path for r in those)

    remedy = "results cannot be compared: leave out the one or the other"
    return [
        Fault(found.place, f"{found.line(paths).removeprefix(found.place).strip()}; {remedy}")
        for found in meaningless(runs)
    ]


def _standings(arms: Arms) -> list[str]:
    """A line for each run that is not finished, under one that says so."""
    lines = [
        f"{run.standing()}: {_name(variant, run)}, {run.path}"
        for variant, runs in arms.items()
        for run in runs
        if run.standing()
    ]
    total = sum(len(runs) for runs in arms.values())
    head = f"INCOMPLETE: {len(lines)} of {total} runs are not finished and count as far as they got"
    return [head, *lines] if lines else []


def _warnings(runs: Sequence[ExistingRun], arms: Arms) -> list[str]:
    """A line for each thing that runs were given and others were not."""

    def names(those: Sequence[ExistingRun]) -> str:
        said = []
        for variant, arm in arms.items():
            held = [run for run in arm if run in those]
            if len(held) == len(arm):
                said.append(variant.name)
            else:
                said += [_name(variant, run) for run in held]
        return ", ".join(said)

    return [f"UNFAIR: {found.line(names)}" for found in unfair(runs)]


def _name(variant: Variant, run: ExistingRun) -> str:
    return f"{variant.name} seed {run.seed}"
