"""A report as files."""

from pathlib import Path

import pandas as pd
import pytest
from fakes import fake_sweep

from hyperwatt.experiments.report_table import Table
from hyperwatt.experiments.reporting.exports import latex, markdown, markdown_table, write_tables
from hyperwatt.experiments.reporting.report import build_report
from hyperwatt.experiments.reporting.words import Block

FRAME = pd.DataFrame({"strategy": ["a"], "device_s": [1.25]})
SHOWN = pd.DataFrame({"strategy": ["a_b & 50 %"], "time|s": ["x|y\nz"]})
TABLE = Table("Time, by strategy", FRAME, SHOWN, "A note.")


def test_raw_numbers_are_written_under_the_title(tmp_path: Path) -> None:
    write_tables([TABLE], tmp_path / "tables")

    stem = tmp_path / "tables" / "time-by-strategy"
    pd.testing.assert_frame_equal(pd.read_csv(stem.with_suffix(".csv")), FRAME)
    again = pd.read_parquet(stem.with_suffix(".parquet"))
    assert again.to_dict("list") == FRAME.to_dict("list")
    assert stem.with_suffix(".tex").is_file()


def test_text_is_escaped_for_latex_and_markdown() -> None:
    paper = latex(TABLE)

    assert r"a\_b \& 50 \%" in paper
    assert r"\caption{Time, by strategy. A note.}" in paper
    assert r"\label{tab:time-by-strategy}" in paper
    assert "x\\|y z" in markdown_table(SHOWN).splitlines()[2]
    assert markdown("t", [Block("Best", ("one", "two"))], [TABLE]).startswith(
        "# t\n\n## Best\n\n- one\n- two\n\n## Time, by strategy\n\n| strategy"
    )


@pytest.mark.slow
def test_a_report_is_written_with_every_table_and_plot(tmp_path: Path) -> None:
    report = build_report(fake_sweep(tmp_path / "r", "strategy=hw-random"))

    report.write(tmp_path / "out")

    written = {str(path.relative_to(tmp_path / "out")) for path in (tmp_path / "out").rglob("*.*")}
    assert {"report.html", "report.md", "tables/trials-si-units.parquet"} <= written
    for drawn in report.page.drawings:
        assert {f"plots/{drawn.name}.svg", f"plots/{drawn.name}.png"} <= written
    for table in report.tables:
        assert f"tables/{table.name}.tex" in written
    trials = pd.read_parquet(tmp_path / "out" / "tables" / "trials-si-units.parquet")
    assert len(trials) == len(report.sweep.state.trials)
