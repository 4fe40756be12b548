"""Writes a benchmark's result: a Markdown page with date, machine and versions at its head."""

from __future__ import annotations

import argparse
import platform
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
PACKAGES = ("numpy", "scipy", "scikit-learn", "torch")


def data_folder(description: str) -> Path:
    """The folder of measured data, from the command line.

    Side effects:
        Reads the command line; ends the process if the folder is not there.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    folder: Path = parser.parse_args().data
    if not folder.is_dir():
        parser.error(f"no data in {folder}; name its folder with --data")
    return folder


def table(rows: Sequence[Mapping[str, object]]) -> str:
    """Rows as a Markdown table; the keys of the first are its head."""
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([str(row[name]) for name in names] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write_page(name: str, *, title: str, command: str, body: str) -> None:
    """Write and print `benchmarks/predictors/<name>.md`.

    Args:
        name: of the page.
        title: its first line.
        command: that makes it anew.
        body: Markdown.
    """
    from hyperwatt.workers.meters.cpu import cpu_kind

    packages = ", ".join(f"{package} {version(package)}" for package in PACKAGES)
    page = (
        f"# {title}\n\n{date.today().isoformat()}, {cpu_kind(1).removeprefix('cpu:')}, "
        f"Python {platform.python_version()}, {packages}. `{command}` makes it anew.\n\n{body}\n"
    )
    (HERE / f"{name}.md").write_text(page)
    print(page)
