"""What the command line prints."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..constraints.metrics import METRICS
from ..constraints.units import format_quantity
from ..orchestrator.plan import Plan
from ..orchestrator.state import State
from .comparison import Comparison, comparison_table
from .doctor import Finding
from .live import LiveView, end_line
from .preflight import unbuildable_share
from .problem import problem_of
from .report import html_report, text_blocks
from .run_folder import RunFolder
from .spec import Spec
from .summary import summarise
from .sweep import Listener, Sweep

OK, WITHOUT_RESULT, INTERRUPTED = 0, 1, 130


def announce(console: Console, spec: Spec, folder: RunFolder) -> None:
    """What is about to be run, and where."""
    bounds = ", ".join(
        f"{METRICS[m].short} <= {format_quantity(bound, METRICS[m].unit)}"
        for m, bound in spec.budget.items()
    )
    problem = problem_of(spec)
    console.print(
        f"[bold]{escape(spec.name)}[/]: {spec.limits.trials} trials, {spec.strategy}, "
        f"budget {bounds or 'none'}",
        soft_wrap=True,
    )
    for line in problem.about():
        console.print(escape(line), highlight=False, soft_wrap=True)
    console.print(f"run directory: {escape(str(folder.path))}", soft_wrap=True)
    share, reason = unbuildable_share(spec)
    if 0 < share < 1:
        console.print(
            f"[yellow]warning:[/] about {share:.0%} of the space cannot be built and is never "
            f"proposed: {escape(reason)}"
        )


@contextmanager
def watching(console: Console) -> Iterator[Listener]:
    """A live table on a terminal; elsewhere a line for each trial that ends."""
    view = LiveView()
    told: set[str] = set()

    def listener(plan: Plan, state: State) -> None:
        view.update(plan, state)
        if not console.is_terminal:
            _print_ends(console, plan, state, told)

    with view.shown(console):
        yield listener


def conclude(console: Console, sweep: Sweep) -> int:
    """The end of a run: what was found, and the next command to type.

    Returns:
        The exit code.
    """
    if not sweep.finished:
        return interrupted(console, sweep.folder)
    report(console, sweep, page=True)
    found = summarise(sweep.plan, sweep.state).winner is not None
    return OK if found else WITHOUT_RESULT


def interrupted(console: Console, folder: RunFolder) -> int:
    """How to go on after Ctrl-C.

    Returns:
        The exit code.
    """
    console.print("\ninterrupted; nothing measured is lost")
    console.print(
        f"continue with: [bold]hyperwatt resume {escape(quote(str(folder.path)))}[/]",
        soft_wrap=True,
    )
    return INTERRUPTED


def report(console: Console, sweep: Sweep, *, page: bool) -> None:
    """Print the essential report; write the page too if asked."""
    for number, block in enumerate(text_blocks(sweep)):
        console.print(
            f"\n[bold]{escape(block.title)}[/]" if number == 0 else f"\n{escape(block.title)}"
        )
        for line in block.lines:
            console.print(f"  {escape(line)}", highlight=False, soft_wrap=True)
    if page:
        sweep.folder.report.write_text(html_report(sweep))
        console.print(f"\nreport: {escape(str(sweep.folder.report))}", soft_wrap=True)
    if page and summarise(sweep.plan, sweep.state).best is not None:
        console.print(
            f"next: [bold]hyperwatt compare {escape(quote(str(sweep.folder.spec)))} "
            "--strategies hw-ieci,ei,random[/]",
            soft_wrap=True,
        )


def _print_ends(console: Console, plan: Plan, state: State, told: set[str]) -> None:
    for trial in state.trials.values():
        if trial.end is not None and trial.trial_id not in told:
            told.add(trial.trial_id)
            console.print(escape(end_line(plan, trial)), highlight=False, soft_wrap=True)


def compared(console: Console, comparison: Comparison, folder: Path) -> int:
    """The table of a comparison, and where the rest is.

    Returns:
        The exit code.
    """
    if not comparison.complete:
        console.print("\ninterrupted; the same command continues the comparison")
        return INTERRUPTED
    frame = comparison_table(comparison)
    table = Table(box=None, pad_edge=False)
    for name in ("", *(arm.strategy for arm in comparison.arms)):
        table.add_column(name)
    for column in frame.columns[1:]:
        table.add_row(column, *(str(cell) for cell in frame[column]))
    console.print()
    console.print(table)
    console.print(f"\nplot: {escape(str(folder / 'regret.png'))}", soft_wrap=True)
    console.print(f"page: {escape(str(folder / 'comparison.html'))}", soft_wrap=True)
    return OK


def examined(console: Console, findings: Sequence[Finding]) -> int:
    """The findings of `doctor`, one a line.

    Returns:
        The exit code: 1 if something that every sweep needs is missing.
    """
    for finding in findings:
        mark = {True: "[green]ok[/]     ", False: "[red]missing[/]", None: "[yellow]absent[/] "}
        console.print(
            f"{mark[finding.ok]}  {escape(finding.name)}: {escape(finding.says)}",
            highlight=False, soft_wrap=True,
        )  # fmt: skip
    return WITHOUT_RESULT if any(finding.ok is False for finding in findings) else OK
