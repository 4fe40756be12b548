"""Where a report may be written: never over something that is no report of the same runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from ..constraints.errors import RunError
from .run_folder import RunFolder

REPORTS = ("comparison.md", "report.md")  # by which an earlier one is known
DEPTHS = ("*", "*/*", "*/*/*")  # of runs: in a folder, an arm, or a comparison at several budgets


def check_out(out: Path, runs: Sequence[Path]) -> None:
    """Whether the report of some runs may be written to a folder, which need not exist.

    Args:
        out: the folder.
        runs: that are told of, or folders of comparisons, which stand for all runs in them.

    Raises:
        RunError: if it lies in one of them or in another run, is a file, holds runs that are not
            told of, whose own report it may have, or holds something else than a report.
    """
    whole, given = out.resolve(), {run.resolve() for run in runs}
    for folder in (whole, *whole.parents):
        if folder in given or _is_run(folder):
            raise RunError(f"`--out` must not lie in {folder}, which has a report of its own, "
                           f"got {out}; choose another folder")  # fmt: skip
    files = [one for one in (out, *out.parents) if one.exists() and not one.is_dir()]
    if files:
        raise RunError(f"`--out` must be a folder, got {out}, and {files[0]} is a file; choose "
                       "another")  # fmt: skip
    others = [run for run in _runs_below(whole) if given.isdisjoint((run, *run.parents))]
    if others:
        raise RunError(f"`--out` must not hold other runs, whose report this would replace, got "
                       f"{out} with {_named(others)}; name these too, or choose another "
                       "folder")  # fmt: skip
    if out.is_dir() and any(out.iterdir()) and not any((out / one).is_file() for one in REPORTS):
        raise RunError(f"`--out` must be empty or hold an earlier report, got {out}, which holds "
                       "something else; choose another folder")  # fmt: skip


def _is_run(folder: Path) -> bool:
    return RunFolder(folder).journal.is_file()


def _runs_below(folder: Path) -> Iterator[Path]:
    for depth in DEPTHS:
        found = (path for path in sorted(folder.glob(depth)) if _is_run(path))
        yield from (path.resolve() for path in found)


def _named(runs: Sequence[Path]) -> str:
    more = f" and {len(runs) - 1} more" if len(runs) > 1 else ""
    return f"{runs[0]}{more}"
