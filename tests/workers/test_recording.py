from pathlib import Path

import pandas as pd
import pytest

from hyperwatt.constraints.domains import Choice, Int
from hyperwatt.constraints.errors import DataError, SpecError
from hyperwatt.constraints.space import Parameter, Space
from hyperwatt.workers.recording import Recording, Value, read_recording

SPACE = Space.of(
    [
        Parameter("layers", Int(1, 2)),
        Parameter("op", Choice(("conv", "pool"))),
        Parameter("wide", Choice((8, 16), ordered=True), {"layers": (2,)}),
    ]
)
LATENCY = Value("table.costs.latency_s", "ms", scale=0.001)
ERROR = Value("table.error", "accuracy", scale=-0.01, offset=1.0)


def rows() -> pd.DataFrame:
    """All six candidates."""
    return pd.DataFrame(
        [(1, "conv", None, 1.0, 90.0), (1, "pool", None, 2.0, 80.0)]
        + [(2, op, wide, 3.0 + i, 70.0 - i)
           for i, (op, wide) in enumerate((o, w) for o in ("conv", "pool") for w in (8, 16))],
        columns=["layers", "op", "wide", "ms", "accuracy"],
    )  # fmt: skip


def read(frame: pd.DataFrame, folder: Path, *, partial: bool = False) -> Recording:
    frame.to_csv(folder / "cells.csv", index=False)
    return read_recording(str(folder / "cells.csv"), SPACE, [LATENCY, ERROR], partial=partial)


def faults(frame: pd.DataFrame, folder: Path, *, partial: bool = False) -> str:
    with pytest.raises(SpecError) as caught:
        read(frame, folder, partial=partial)
    return str(caught.value)


def test_each_candidate_finds_its_row_though_empty_cells_made_integers_floats(
    tmp_path: Path,
) -> None:
    recording = read(rows().sample(frac=1, random_state=0), tmp_path)

    for candidate, ms in (
        ({"layers": 1, "op": "pool"}, 2.0),
        ({"layers": 2, "op": "conv", "wide": 16}, 4.0),
    ):
        row = recording.row_of(candidate)
        assert row is not None
        assert recording.values[LATENCY.place][row] == pytest.approx(ms / 1000)
    assert recording.device_kind == "recorded:cells"


def test_parquet_with_categories_reads_as_csv_does(tmp_path: Path) -> None:
    frame = rows().astype({"op": "category"})
    frame.to_parquet(tmp_path / "cells.parquet")

    recording = read_recording(str(tmp_path / "cells.parquet"), SPACE, [LATENCY], partial=False)

    assert len(recording.units) == 6
    assert recording.row_of({"layers": 1, "op": "conv"}) is not None


def test_values_become_si_by_scale_and_offset(tmp_path: Path) -> None:
    recording = read(rows(), tmp_path)

    assert sorted(recording.values[ERROR.place])[0] == pytest.approx(0.1)


def test_a_missing_candidate_is_named_unless_the_table_is_partial(tmp_path: Path) -> None:
    lacking = rows().drop(index=1)

    assert "1 of 6 candidates are not in the table, the first is {'layers': 1, 'op': 'pool'}" in (
        faults(lacking, tmp_path)
    )
    assert read(lacking, tmp_path, partial=True).row_of({"layers": 1, "op": "pool"}) is None


def test_missing_columns_are_all_named_with_their_near_match(tmp_path: Path) -> None:
    says = faults(rows().rename(columns={"ms": "latency_ms", "op": "ops"}), tmp_path)

    assert "space.op: the table has no column 'op'; did you mean 'ops'?" in says
    assert "table.costs.latency_s: the table has no column 'ms'" in says


def test_a_row_without_a_number_is_a_fault_or_no_candidate(tmp_path: Path) -> None:
    holed = rows()
    holed.loc[0, "accuracy"] = None

    assert "table.error: 1 rows have no number in column 'accuracy'" in faults(holed, tmp_path)
    assert len(read(holed, tmp_path, partial=True).units) == 5


@pytest.mark.parametrize("partial", [False, True])
def test_a_candidate_that_stands_twice_is_named(tmp_path: Path, partial: bool) -> None:
    doubled = pd.concat([rows(), rows().iloc[:1]])

    says = faults(doubled, tmp_path, partial=partial)

    assert "1 candidates stand twice, the first is {'layers': 1, 'op': 'conv'}" in says


def test_rows_outside_the_space_are_left_out(tmp_path: Path) -> None:
    other = rows().iloc[[0, 2]].assign(op="norm")

    assert len(read(pd.concat([rows(), other]), tmp_path).units) == 6


def test_a_table_with_no_row_of_the_space_is_refused(tmp_path: Path) -> None:
    assert "no row of the table is a whole candidate" in (
        faults(rows().assign(layers=9), tmp_path, partial=True)
    )


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("cells.xlsx", "must be a .csv or .parquet file"),
        ("absent.csv", "there is no file"),
        ("text.parquet", "is no parquet file"),
    ],
)
def test_what_is_no_table_is_named(tmp_path: Path, name: str, says: str) -> None:
    (tmp_path / "text.parquet").write_text("not a table")

    with pytest.raises(DataError, match=says):
        read_recording(str(tmp_path / name), SPACE, [], partial=True)
