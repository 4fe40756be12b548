"""Where a report may go, with folders that hold no more than tells what they are."""

import os
from pathlib import Path

import pytest

from hyperwatt.constraints.errors import RunError
from hyperwatt.experiments.report_place import check_out


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A comparison of four runs with its report, and a run beside it."""
    for name in ("c/ei/seed-1", "c/ei/seed-2", "c/random/seed-1", "c/random/seed-2", "alone"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "journal.jsonl").touch()
    (tmp_path / "c" / "comparison.md").write_text("of all")
    return tmp_path


def refused(root: Path, out: str, *runs: str) -> str:
    with pytest.raises(RunError) as caught:
        check_out(root / out, [root / run for run in runs])
    return str(caught.value)


@pytest.mark.parametrize("out", ["alone", "alone/report", "c/ei/seed-1/x", "c/report", "c"])
def test_it_never_lies_in_what_has_a_report_of_its_own(root: Path, out: str) -> None:
    assert "must not lie in" in refused(root, out, "c")


def test_it_is_no_file(root: Path) -> None:
    assert "is a file; choose another" in refused(root, "c/comparison.md", "alone")


@pytest.mark.parametrize("out", ["c", "c/ei/.."])
def test_some_runs_do_not_replace_the_report_of_all(root: Path, out: str) -> None:
    says = refused(root, out, "c/ei/seed-1", "c/ei/seed-2", "c/random/seed-1")

    assert f"with {root / 'c' / 'random' / 'seed-2'}; name these too" in says
    assert "and 1 more" in refused(root, out, "c/ei")
    assert "and 3 more" in refused(root, out, "alone")


def test_all_runs_may_replace_it_however_they_are_named(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root / "c")

    check_out(root / "c", [root / "c" / "ei", root / "c" / "random"])
    check_out(Path(), [Path(os.path.join("ei", f"seed-{n}")) for n in (1, 2)] + [Path("random")])


def test_the_report_of_a_part_does_not_replace_that_of_all_budgets(root: Path) -> None:
    (root / "shares").mkdir()
    (root / "c").rename(root / "shares" / "feasible-10")
    (root / "shares" / "report.md").touch()

    assert "and 1 more" in refused(root, "shares", "shares/feasible-10/ei")


def test_a_folder_is_new_or_empty_or_holds_an_earlier_report(root: Path) -> None:
    for name in ("empty", "comparison", "report", "mine"):
        (root / name).mkdir()
    for name in ("comparison/comparison.md", "report/report.md", "mine/report.html"):
        (root / name).touch()

    for name in ("new", "new/below", "empty", "comparison", "report"):
        check_out(root / name, [root / "alone"])
    assert "must be empty or hold an earlier report" in refused(root, "mine", "alone")
