import pandas as pd

from hyperwatt.experiments.report_table import Table, with_rows

FRAME = pd.DataFrame({"strategy": ["a"], "device_s": [1.25]})
TABLE = Table("Time, by strategy", FRAME, pd.DataFrame({"strategy": ["a"], "time": ["1.25 s"]}))


def test_a_table_is_there_if_people_have_something_to_read() -> None:
    nothing = Table("Nothing", FRAME, pd.DataFrame())

    assert with_rows([nothing, TABLE]) == [TABLE]
