from __future__ import annotations

from pathlib import Path

from benchmarks.search.cells import Attempt, Cell, Cells

CELL = Cell(
    "branin", "random", 3, "1", 15,
    (Attempt(0.5, True, True, True, 0.01, 2.0), Attempt(None, False, False, True, 0.02, 2.5)),
)  # fmt: skip


def test_a_cell_is_read_as_it_was_written(tmp_path: Path) -> None:
    store = Cells(tmp_path)
    store.write(CELL)

    assert store.read("branin", "random", 3) == CELL
    assert list(store.all()) == [CELL]


def test_only_a_whole_cell_counts_as_there(tmp_path: Path) -> None:
    store = Cells(tmp_path)
    path = store.path("branin", "random", 3)
    path.parent.mkdir(parents=True)
    path.with_suffix(".1.draft").write_text("{")

    assert list(store.all()) == []
