from pathlib import Path

import pandas as pd

from hyperwatt.experiments.report_table import Table, with_rows, write_tables

FRAME = pd.DataFrame({"strategy": ["a"], "device_s": [1.25]})
TABLE = Table("Time, by strategy", FRAME, pd.DataFrame({"strategy": ["a"], "time": ["1.25 s"]}))


def test_raw_numbers_are_written_under_the_title(tmp_path: Path) -> None:
    write_tables([TABLE], tmp_path / "tables")

    again = pd.read_csv(tmp_path / "tables" / "time-by-strategy.csv")
    pd.testing.assert_frame_equal(again, FRAME)


def test_a_table_is_there_if_people_have_something_to_read() -> None:
    nothing = Table("Nothing", FRAME, pd.DataFrame())

    assert with_rows([nothing, TABLE]) == [TABLE]
