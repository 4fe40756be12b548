"""Runs cells of the benchmark, and says which are stale or missing.

    python -m benchmarks.search run  [--only PROBLEM/ARM ...] [--seeds N] [--jobs 1|2] [--stale]
    python -m benchmarks.search list [--stale]
    python -m benchmarks.search draw

A cell that is stored, or in the committed summary, is not computed again: stop and start it at
will. With `--stale` those are that an earlier version of the arm made. `--only` takes patterns as
of file names (`nb201-*/optuna-*`). `draw` adds the cells to the summary, and makes the plots and
the page anew.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from benchmarks.search.cells import TRAININGS
from benchmarks.search.environments import ENVIRONMENTS
from benchmarks.search.work import list_cells, run_cells

CELLS = Path.home() / ".cache" / "hyperwatt-search-cells"


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("command", choices=["run", "list", "draw"])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--cells", type=Path, default=CELLS)
    parser.add_argument("--envs", type=Path, default=ENVIRONMENTS)
    parser.add_argument("--only", nargs="*", default=["*/*"], metavar="PROBLEM/ARM")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--trainings", type=int, default=TRAININGS)
    parser.add_argument("--jobs", type=int, choices=[1, 2], default=1)
    parser.add_argument("--stale", action="store_true")
    given = parser.parse_args()
    if given.command == "run":
        run_cells(given)
    elif given.command == "list":
        list_cells(given)
    else:
        from benchmarks.search.page import draw

        draw(given.cells, given.data)


if __name__ == "__main__":
    main()
