from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.gpu.record import Record, RecordError

ABOUT = {"device": "cuda", "device_kind": "cuda:A", "quick": False, "date": "2026-01-01"}


def test_pieces_of_two_runs_come_together(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "record.json"
    Record.open(path, ABOUT).put("one", "a", {"x": 1.5})
    Record.open(path, ABOUT).put("two", "b", {"y": None})

    record = Record.open(path, ABOUT)
    assert (record.piece("one", "a"), record.piece("two", "b")) == ({"x": 1.5}, {"y": None})
    assert record.piece("one", "b") is None


@pytest.mark.parametrize(
    "change", [{"device": "cpu"}, {"device_kind": "cuda:B"}, {"quick": True}], ids=str
)
def test_what_is_not_of_the_same_device_and_size_is_never_mixed(
    tmp_path: Path, change: dict[str, object]
) -> None:
    Record.open(tmp_path / "record.json", ABOUT).put("one", "a", {})

    with pytest.raises(RecordError, match="--out"):
        Record.open(tmp_path / "record.json", {**ABOUT, **change})


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"about": {}'])
def test_a_file_that_is_no_record_is_refused_and_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "record.json"
    path.write_text(text)

    with pytest.raises(RecordError, match="no record"):
        Record.open(path, ABOUT)
    assert path.read_text() == text


def test_a_value_that_json_lacks_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    record = Record.open(path, ABOUT)
    record.put("one", "a", {"x": 1.0})
    before = path.read_text()

    with pytest.raises(ValueError, match="JSON"):
        record.put("one", "b", {"x": float("nan")})
    assert path.read_text() == before
