"""A report as files for papers, slides and other programs.

report.md             all that is said, with its tables
tables/NAME.csv       each table, raw and whole; also .parquet
tables/NAME.tex       each table as it is shown, for LaTeX with booktabs
plots/NAME.svg        each plot; also .png, at 300 dots an inch
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from ..report_table import Table
from .drawing import Data, Drawing, to_png, to_svg
from .words import Block


def write_tables(tables: Sequence[Table], folder: Path) -> None:
    """Write each table as CSV, Parquet and LaTeX.

    Side effects:
        Makes the folder; tables of an earlier writing are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for table in tables:
        table.frame.to_csv(folder / f"{table.name}.csv", index=False)
        table.frame.to_parquet(folder / f"{table.name}.parquet", index=False)
        (folder / f"{table.name}.tex").write_text(latex(table), encoding="utf-8")


def write_plots(drawings: Sequence[Drawing], data: Data, folder: Path) -> None:
    """Write each plot as SVG and PNG.

    Side effects:
        Makes the folder; plots of an earlier writing are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for drawn in drawings:
        (folder / f"{drawn.name}.svg").write_text(to_svg(drawn, data), encoding="utf-8")
        (folder / f"{drawn.name}.png").write_bytes(to_png(drawn, data))


def latex(table: Table) -> str:
    """A table as it is shown, its text escaped, with caption and label."""
    note = f" {table.note}" if table.note else ""
    shown = table.shown.rename(columns=_latex_text).map(_latex_cell)
    return str(shown.to_latex(
        index=False, escape=False, caption=_latex_text(table.title + "." + note),
        label=f"tab:{table.name}",
    ))  # fmt: skip


def markdown(title: str, blocks: Sequence[Block], tables: Sequence[Table]) -> str:
    """What is said and the tables, as Markdown."""
    parts = [f"# {title}"]
    for block in blocks:
        parts += [f"## {block.title}", "\n".join(f"- {line}" for line in block.lines)]
    for table in tables:
        parts += [f"## {table.title}", markdown_table(table.shown)]
        parts += [table.note] if table.note else []
    return "\n\n".join(part for part in parts if part) + "\n"


def markdown_table(frame: pd.DataFrame) -> str:
    """One table as Markdown; bars and line ends in cells are taken for what they are."""
    rows = [list(frame.columns), ["---"] * len(frame.columns)]
    rows += [list(row) for row in frame.itertuples(index=False)]
    return "\n".join("| " + " | ".join(map(_cell, row)) + " |" for row in rows)


def _cell(value: object) -> str:
    return " ".join(str(value).split("\n")).replace("|", "\\|")


_SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "\n": " ",
}  # fmt: skip


def _latex_cell(value: object) -> str:
    return "" if pd.isna(value) else _latex_text(str(value))  # type: ignore[call-overload]


def _latex_text(text: str) -> str:
    return "".join(_SPECIAL.get(letter, letter) for letter in text)
