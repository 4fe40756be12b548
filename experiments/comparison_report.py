"""Writes a comparison into its folder: a page, and files for papers."""

from __future__ import annotations

from pathlib import Path

from ..constraints.metrics import METRICS
from ..constraints.units import format_quantity
from .account_tables import account_tables
from .comparison import Comparison
from .comparison_best import best_after
from .comparison_raw import (
    hyperpower_best,
    hyperpower_speedup,
    predictors_table,
    strategies_table,
)
from .comparison_significance import significance_table
from .comparison_speedup import reference_speedup
from .comparison_tables import arms_table
from .problem import problem_of
from .report_table import Table, with_rows
from .reporting.charts_comparison import comparison_data, comparison_drawings
from .reporting.exports import markdown, write_plots, write_tables
from .reporting.page import Page, Section, listed, render
from .reporting.words import Block


def comparison_tables(comparison: Comparison) -> list[Table]:
    """All tables, in the order in which they are read; those without rows are left out."""
    accounts = {arm.name: arm.accounts for arm in comparison.arms}
    hyperpower = [hyperpower_best(comparison), hyperpower_speedup(comparison)]
    fair = [best_after(comparison, "trainings"), best_after(comparison, "time")]
    against = [significance_table(comparison), reference_speedup(comparison)]
    strategies = [strategies_table(comparison)]
    known = [*account_tables(accounts), predictors_table(comparison)]
    return with_rows([*hyperpower, *fair, *against, *strategies, *known])


def about_lines(comparison: Comparison) -> list[str]:
    """What was compared, and what must be said of it."""
    budget = ", ".join(
        f"{METRICS[m].short} <= {format_quantity(bound, METRICS[m].unit)}"
        for m, bound in comparison.spec.budget.items()
    )
    lines = [f"{comparison.seeds_line()}, budget {budget or 'none'}", *comparison.notes]
    lines += problem_of(comparison.spec).about()
    if comparison.quality.several:
        goals = " and ".join(str(objective) for objective in comparison.spec.objectives)
        lines.append(f"{goals}: runs are compared by hypervolume; {comparison.quality.box_line()}")
    if all(not curve.times_s[-1] for arm in comparison.arms for curve in arm.curves):
        lines.append("no training ended at all: raise `limits.wall_clock`")
    return lines


def write_comparison(comparison: Comparison, folder: Path) -> None:
    """Write `comparison.html`, `.md` and `.csv`, raw `tables` and `plots`.

    Side effects:
        Makes the folder; files of an earlier writing are replaced.
    """
    tables, quality = comparison_tables(comparison), comparison.quality
    groups = {arm.name: arm.curves for arm in comparison.arms}
    title, lines = f"Strategies on {comparison.spec.name}", about_lines(comparison)
    drawings = comparison_drawings(groups, quality)
    page = Page(
        title,
        lines[0],
        [
            Section("About", lines=lines),
            Section("Progress", drawings=drawings),
            Section("In numbers"),
            *(section for one in tables for section in listed(one)),
        ],
        data=comparison_data(groups, quality),
    )
    folder.mkdir(parents=True, exist_ok=True)
    arms_table(comparison).to_csv(folder / "comparison.csv", index=False)
    write_tables(tables, folder / "tables")
    write_plots(drawings, page.data, folder / "plots")
    text = markdown(title, [Block("About", tuple(lines))], tables)
    (folder / "comparison.md").write_text(text, encoding="utf-8")
    (folder / "comparison.html").write_text(render(page), encoding="utf-8")
