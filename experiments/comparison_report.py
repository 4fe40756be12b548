"""Writes a comparison into its folder: tables as text and page, and the plot."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from ..constraints.metrics import METRICS
from ..constraints.units import format_quantity
from .comparison import Comparison
from .comparison_tables import arms_table, best_table, models_table, speedup_table
from .page import Section, picture, render, table
from .plots import regret_figure, to_png
from .problem import problem_of

SPEEDUP_NOTE = (
    "Ratios of the HyperPower form to the default: candidates looked at (trained, or refused by "
    "the gate); how much sooner it had looked at as many; how much sooner, and in how many fewer "
    "trainings, it was as good as the default's best. Median of the pairs of equal seed, with its "
    "bootstrap interval at 95 % from five pairs on. A value it never reached counts as 0; where "
    "the default found nothing feasible, its whole time is taken, a lower bound. `full` is without "
    "early termination."
)


def comparison_tables(comparison: Comparison) -> dict[str, pd.DataFrame]:
    """All tables by title; those without rows are left out."""
    tables = {
        _best_title(comparison): best_table(comparison),
        "Speed-up of HyperPower's form over the default": speedup_table(comparison),
        "Strategies": arms_table(comparison),
        "Cost models": models_table(comparison),
    }
    return {title: frame for title, frame in tables.items() if not frame.empty}


def _best_title(comparison: Comparison) -> str:
    return "Hypervolume" if comparison.quality.several else "Best feasible value"


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
    """Write `comparison.md`, `.csv`, `.html` and `regret.png`."""
    tables = comparison_tables(comparison)
    quality = comparison.quality
    figure = regret_figure({arm.name: arm.curves for arm in comparison.arms}, quality)
    tables["Strategies"].to_csv(folder / "comparison.csv", index=False)
    title, lines = f"Strategies on {comparison.spec.name}", about_lines(comparison)
    (folder / "comparison.md").write_text(markdown(title, lines, tables))
    (folder / "regret.png").write_bytes(to_png(figure))
    sections = [Section("About", lines=lines)]
    for name, frame in tables.items():
        sections += table(name, frame)
        sections += [Section("", lines=[SPEEDUP_NOTE])] if name.startswith("Speed-up") else []
    caption = "median of the repeats, their range shaded"
    so_far = "Hypervolume" if quality.several else "Best feasible"
    sections += picture(f"{so_far} so far ({caption})", figure)
    page = render(f"hyperwatt: {title.lower()}", lines[0], sections)
    (folder / "comparison.html").write_text(page)


def markdown(title: str, lines: list[str], tables: dict[str, pd.DataFrame]) -> str:
    """Tables as Markdown."""
    parts = [f"# {title}", *lines]
    for name, frame in tables.items():
        parts += [f"## {name}", markdown_table(frame)]
        parts += [SPEEDUP_NOTE] if name.startswith("Speed-up") else []
    return "\n\n".join(parts) + "\n"


def markdown_table(frame: pd.DataFrame) -> str:
    """One table as Markdown."""
    rows = [list(frame.columns), ["---"] * len(frame.columns)]
    rows += [[str(cell) for cell in row] for row in frame.itertuples(index=False)]
    return "\n".join("| " + " | ".join(map(str, row)) + " |" for row in rows)
