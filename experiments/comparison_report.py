"""Writes a comparison into its folder: tables as text and page, and the plot."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

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
from .plots import regret_figure, to_png
from .problem import problem_of
from .report_table import Table, with_rows, write_tables
from .reporting.page import Page, Section, picture, render, table


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
    seeds = len(comparison.arms[0].repeats)
    lines = [f"{seeds} seeds a strategy, budget {budget or 'none'}"]
    lines += problem_of(comparison.spec).about()
    if comparison.quality.several:
        goals = " and ".join(str(objective) for objective in comparison.spec.objectives)
        lines.append(f"{goals}: runs are compared by hypervolume; {comparison.quality.box_line()}")
    if all(not curve.times_s[-1] for arm in comparison.arms for curve in arm.curves):
        lines.append("no training ended at all: raise `limits.wall_clock`")
    return lines


def write_comparison(comparison: Comparison, folder: Path) -> None:
    """Write `comparison.md`, `.csv`, `.html`, `regret.png` and the raw numbers in `tables`."""
    tables = comparison_tables(comparison)
    quality = comparison.quality
    figure = regret_figure({arm.name: arm.curves for arm in comparison.arms}, quality)
    arms_table(comparison).to_csv(folder / "comparison.csv", index=False)
    write_tables(tables, folder / "tables")
    title, lines = f"Strategies on {comparison.spec.name}", about_lines(comparison)
    (folder / "comparison.md").write_text(markdown(title, lines, tables))
    (folder / "regret.png").write_bytes(to_png(figure))
    sections = [Section("About", lines=lines)]
    for one in tables:
        sections += table(one.title, one.shown)
        sections += [Section("", lines=[one.note])] if one.note else []
    caption = "median of the repeats, their range shaded"
    so_far = "Hypervolume" if quality.several else "Best feasible"
    sections += picture(f"{so_far} so far ({caption})", figure)
    page = render(Page(title, lines[0], sections))
    (folder / "comparison.html").write_text(page)


def markdown(title: str, lines: list[str], tables: Sequence[Table]) -> str:
    """Tables as Markdown."""
    parts = [f"# {title}", *lines]
    for one in tables:
        parts += [f"## {one.title}", markdown_table(one.shown)]
        parts += [one.note] if one.note else []
    return "\n\n".join(parts) + "\n"


def markdown_table(frame: pd.DataFrame) -> str:
    """One table as Markdown."""
    rows = [list(frame.columns), ["---"] * len(frame.columns)]
    rows += [[str(cell) for cell in row] for row in frame.itertuples(index=False)]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)
