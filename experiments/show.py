"""What the command line prints."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from shlex import quote

import pandas as pd
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..constraints.metrics import METRICS
from ..constraints.units import format_quantity
from ..orchestrator.plan import Plan
from ..orchestrator.state import State
from ..workers.meters.survey import Surveyed
from .account_tables import run_tables
from .comparing import Outcome
from .comparison import Comparison
from .comparison_report import about_lines, comparison_tables
from .curves import incumbent_curve
from .doctor import Finding
from .feasible_shares import AtShare, budgets_table, shares_table
from .known_before import before_lines, read_before
from .live import LiveView, newly_ended
from .preflight import unbuildable_share
from .problem import problem_of
from .quality import Quality
from .report_place import check_out
from .reporting.report import build_report
from .reporting.text_plots import incumbent_lines, share_line
from .reporting.words import Block, text_blocks
from .run_folder import RunFolder
from .spec import Spec
from .summary import summarise
from .sweep import Listener, Sweep
from .violations import violations_of

OK, WITHOUT_RESULT, INTERRUPTED = 0, 1, 130
MOST_COLUMNS = 4  # arms side by side in a terminal; more are listed below each other


def announce(console: Console, spec: Spec, folder: RunFolder) -> None:
    """What is about to be run, and where."""
    bounds = ", ".join(
        f"{METRICS[m].short} <= {format_quantity(bound, METRICS[m].unit)}"
        for m, bound in spec.budget.items()
    )
    problem = problem_of(spec)
    goals = " and ".join(str(objective) for objective in spec.objectives)
    console.print(
        f"[bold]{escape(spec.name)}[/]: {goals}, {spec.limits.trials} trials, {spec.strategy}, "
        f"budget {bounds or 'none'}",
        soft_wrap=True,
    )
    for line in (*problem.about(), *before_lines(read_before(folder.before))):
        console.print(escape(line), highlight=False, soft_wrap=True)
    console.print(f"run directory: {escape(str(folder.path))}", soft_wrap=True)
    share, reason = unbuildable_share(spec)
    if 0 < share < 1:
        console.print(
            f"[yellow]warning:[/] about {share:.0%} of the space cannot be built and is never "
            f"proposed: {escape(reason)}"
        )


def lines(console: Console) -> Callable[[str], None]:
    """Prints a line as it is."""
    return lambda line: console.print(escape(line), highlight=False, soft_wrap=True)


@contextmanager
def watching(console: Console, *, live: bool = True) -> Iterator[Listener]:
    """A live table on a terminal, unless `live` is off; elsewhere a line for each trial's end."""
    view = LiveView()
    run: Plan | None = None
    told: set[str] = set()

    def listener(plan: Plan, state: State) -> None:
        nonlocal run
        if plan is not run:  # of a comparison the next one, whose trials have the same names
            run = plan
            told.clear()
        view.update(plan, state)
        if not console.is_terminal:
            _print_ends(console, plan, state, told)

    with view.shown(console) if live else nullcontext():
        yield listener


def conclude(console: Console, sweep: Sweep) -> int:
    """The end of a run: what was found, and the next command to type.

    Returns:
        The exit code.
    """
    if not sweep.finished:
        return interrupted(console, sweep.folder)
    report(console, sweep, page=True)
    found = summarise(sweep.plan, sweep.state, sweep.judged).winner is not None
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


def report(console: Console, sweep: Sweep, *, page: bool, files: Path | None = None) -> None:
    """Print the essential report.

    Args:
        console: to print on.
        sweep: finished or not.
        page: whether it is written into the run's folder; if not, tables and plots are printed too.
        files: where all of it is written as files; None for nowhere.
    """
    if files is not None:
        check_out(files, [sweep.folder.path])
    summary = summarise(sweep.plan, sweep.state, sweep.judged)
    blocks = text_blocks(sweep, summary)
    progress = () if page else _progress(sweep)
    for number, block in enumerate([blocks[0], *progress, *blocks[1:]]):
        console.print(
            f"\n[bold]{escape(block.title)}[/]" if number == 0 else f"\n{escape(block.title)}"
        )
        for line in block.lines:
            console.print(f"  {escape(line)}", highlight=False, soft_wrap=True)
    if not page:
        for table in run_tables(sweep.plan, sweep.state):
            _print_table(console, table.title, _upright(table.shown))
        return
    made = build_report(sweep, summary)
    sweep.folder.report.write_text(made.html(), encoding="utf-8")
    console.print(f"\nreport: {escape(str(sweep.folder.report))}", soft_wrap=True)
    if files is not None:
        made.write(files)
        console.print(f"files: {escape(str(files))}", soft_wrap=True)
    if summary.best is not None:
        console.print(
            f"next: [bold]hyperwatt compare {escape(quote(str(sweep.folder.spec)))} "
            "--strategies hw-ieci,ei,random[/]",
            soft_wrap=True,
        )


def _progress(sweep: Sweep) -> list[Block]:
    """Small plots of how the best and the share over the budget went."""
    plan, state = sweep.plan, sweep.state
    quality = Quality.of(plan.objectives, [(plan, state)])
    lines = incumbent_lines(incumbent_curve(plan, state, quality), quality)
    tried = violations_of(plan, state)
    if tried is not None and tried.rate is not None:
        promised = "" if tried.alpha is None else f", {tried.alpha:.0%} promised (|)"
        bar = share_line(tried.rate, tried.alpha)
        over = f"{tried.rate:.0%} of {tried.attempts} dispatched unmeasured are over the budget"
        lines.append(f"{'over':<9} 0 {bar} 100%")
        lines.append(f"{over}{promised}")
    return [Block(quality.label.capitalize(), tuple(lines))] if lines else []


def served(console: Console, url: str) -> None:
    """Where the page of a run is found, and how it ends."""
    console.print(f"the report, until Ctrl-C: [bold]{escape(url)}[/]", soft_wrap=True)


def _print_ends(console: Console, plan: Plan, state: State, told: set[str]) -> None:
    for line in newly_ended(plan, state, told):
        console.print(escape(line), highlight=False, soft_wrap=True)


def outcome(console: Console, outcome: Outcome, folder: Path) -> int:
    """What a comparison found.

    Returns:
        The exit code.
    """
    if outcome.interrupted:
        console.print("\ninterrupted; the same command continues the comparison")
        return INTERRUPTED
    if outcome.comparison is not None and outcome.comparison.arms:
        compared(console, outcome.comparison, folder)
    elif outcome.shares and all(at.comparison.arms for at in outcome.shares):
        compared_shares(console, outcome.shares, folder)
    for line in outcome.failed:
        console.print(f"[red]{escape(line)}[/]", highlight=False, soft_wrap=True)
    return WITHOUT_RESULT if outcome.failed else OK


def compared(console: Console, comparison: Comparison, folder: Path | None) -> None:
    """The table of a comparison, and where the rest is if it was written."""
    for line in about_lines(comparison):
        console.print(escape(line), highlight=False, soft_wrap=True)
    for table in comparison_tables(comparison):
        _print_table(console, table.title, _upright(table.shown))
    if folder is not None:
        console.print(f"\nplots: {escape(str(folder / 'plots'))}", soft_wrap=True)
        console.print(f"page: {escape(str(folder / 'comparison.html'))}", soft_wrap=True)


def compared_shares(console: Console, done: Sequence[AtShare], folder: Path) -> None:
    """The table of a comparison at several feasible shares."""
    for line in about_lines(done[0].comparison)[1:]:
        console.print(escape(line), highlight=False, soft_wrap=True)
    _print_table(console, "Budgets", budgets_table(done))
    _print_table(console, "Ratios", shares_table(done))
    console.print(f"\npage: {escape(str(folder / 'shares.html'))}", soft_wrap=True)


def _upright(frame: pd.DataFrame) -> pd.DataFrame:
    """A table that fits a terminal: of few rows, on its side."""
    return frame if len(frame) > MOST_COLUMNS else _turned(frame)


def _turned(frame: pd.DataFrame) -> pd.DataFrame:
    """A table of few rows and many columns, on its side."""
    first = frame.columns[0]
    turned = frame.set_index(first).T.reset_index()
    return turned.rename(columns={"index": first, turned.columns[0]: first})


def _print_table(console: Console, title: str, frame: pd.DataFrame) -> None:
    table = Table(box=None, pad_edge=False)
    for name in frame.columns:
        table.add_column(escape(str(name)))
    for row in frame.itertuples(index=False):
        table.add_row(*(escape(str(cell)) for cell in row))
    console.print(f"\n{title}")
    console.print(table)


def surveyed(console: Console, devices: Sequence[Surveyed]) -> None:
    """Each device with what can be measured on it, how and how finely, and what cannot and why."""
    for found in devices:
        console.print(f"\n[bold]{escape(found.device)}[/]  {escape(found.about)}", soft_wrap=True)
        table = Table(box=None, pad_edge=False, show_header=False)
        for ability in found.abilities:
            how = f"{ability.method}; {ability.fineness}" if ability.fineness else ability.method
            table.add_row("[green]ok[/]", escape(_shorts(ability.metrics)), escape(how))
        for lack in found.lacks:
            reason = escape(lack.reason)
            table.add_row("[yellow]absent[/]", escape(_shorts(lack.metrics)), reason)
        console.print(table)
    console.print()


def _shorts(metrics: Sequence[str]) -> str:
    return ", ".join(METRICS[metric].short for metric in metrics)


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
