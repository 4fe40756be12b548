"""Draws the page: the summary of the stored cells, the plots, and README.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from benchmarks.search.arms import PERFECT
from benchmarks.search.catalogue import NAMED, load_problems
from benchmarks.search.cells import Cells
from benchmarks.search.plots import (
    Grouped,
    group,
    plot_infeasible,
    plot_regret,
    plot_shares,
)
from benchmarks.search.summary import HERE, read_summary, write_summary
from benchmarks.search.tables import (
    Subjects,
    cell_table,
    headline_table,
    losing_table,
    rank_table,
    result_table,
    speed_table,
)

SHARES = "nb201-raspi4-"
HEADLINE = {"nb201-1080ti-10": "GTX 1080 Ti", "nb201-raspi4-10": "Raspberry Pi 4"}
HEADLINE_ARMS = (
    "hyperwatt", "optuna-tpe", "optuna-gp", "botorch-qlogei", "ei", "optuna-tpe-vanilla", PERFECT
)  # fmt: skip
README = HERE.parents[1] / "README.md"
BEGIN, END = "<!-- search: drawn -->", "<!-- search: end -->"


def draw(cells: Path, data: Path, folder: Path = HERE, readme: Path = README) -> None:
    """Make the page anew; from the committed summary where there are no cells.

    Args:
        cells: folder of stored cells.
        data: folder of recorded tables.
        folder: of the page.
        readme: the project's, with a place for the table of the headline.

    Side effects:
        Writes the summary, the plots, the folder's README.md and that place.
    """
    if cells.is_dir():
        problems, missing = load_problems(data)
        if not missing:
            write_summary(Cells(cells).all(), problems.values())
    runs, subjects = read_summary()
    grouped = {name: found for name, found in group(runs).items() if name in subjects}
    named = [name for name in NAMED if name in grouped]
    others = [name for name in subjects if name in grouped and name not in named]
    plot_regret(grouped, subjects, named, folder / "regret-named.png")
    plot_regret(grouped, subjects, named, folder / "regret-named-dispatched.png", "dispatched")
    plot_regret(grouped, subjects, named, folder / "regret-named-time.png", "seconds")
    plot_regret(grouped, subjects, others, folder / "regret-others.png")
    plot_shares(grouped, subjects, SHARES, folder / "shares.png")
    cheap = [name for name in named if subjects[name].cheap]
    plot_infeasible(grouped, subjects, cheap, folder / "infeasible.png")
    (folder / "README.md").write_text("\n".join(_page(grouped, subjects, named)) + "\n")
    put_between(readme, headline_table(grouped, subjects, HEADLINE, HEADLINE_ARMS))


def put_between(page: Path, lines: Iterable[str]) -> None:
    """Replace what stands between the two marks of a page.

    Raises:
        ValueError: if a mark is missing.
    """
    before, _, rest = page.read_text().partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise ValueError(f"{page} has no `{BEGIN}` followed by `{END}`; add both as lines")
    page.write_text("\n".join([before + BEGIN, *lines, END + after]))


def _page(grouped: Grouped, subjects: Subjects, named: Sequence[str]) -> Iterator[str]:
    yield (HERE / "method.md").read_text().strip()
    yield "\n![regret on the named problems](regret-named.png)"
    for name in named:
        subject = subjects[name]
        yield f"\n### {name}\n\n{subject.about}; {_optimum(subject.optimum, subject.proven)}.\n"
        yield from result_table(grouped[name], subject)
    yield "\n## Regret over all that is dispatched, and over time\n"
    yield "![regret over dispatches](regret-named-dispatched.png)\n"
    yield "![regret over time](regret-named-time.png)"
    yield "\n## Trainings to reach vanilla's best\n"
    yield from speed_table(grouped, subjects)
    yield "\n## Seconds of probes and trainings to reach vanilla's best\n"
    yield from speed_table(grouped, subjects, "seconds")
    yield "\n## Ranks on problems with limits\n"
    yield from rank_table(grouped, subjects, limited=True)
    yield "\n### On the named problems alone, where slow peers ran too\n"
    yield from rank_table({name: grouped[name] for name in named}, subjects, limited=True)
    yield "\n## Ranks on problems without\n"
    yield from rank_table(grouped, subjects, limited=False)
    yield "\n## Where others are better\n"
    yield from losing_table(grouped, subjects)
    yield "\n## What a gate is worth over the feasible share\n"
    yield "![regret over the feasible share](shares.png)"
    yield "\n## Infeasible among what was dispatched\n"
    yield "![infeasible share](infeasible.png)"
    yield "\n## All cells: median regret after 100 trainings\n"
    yield from cell_table(grouped, subjects)
    yield "\n![regret on the other problems](regret-others.png)"


def _optimum(value: float, proven: bool) -> str:
    return f"optimum {value:.4g}" if proven else f"best known {value:.4g}, not proven"
