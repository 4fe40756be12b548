import json
from contextlib import closing
from pathlib import Path

import pytest

from hyperwatt.constraints.candidate import Candidate
from hyperwatt.constraints.errors import JournalError
from hyperwatt.constraints.gate import Verdict
from hyperwatt.constraints.measurement import Measurement
from hyperwatt.orchestrator.events import (
    Completed,
    Dispatched,
    Ended,
    Event,
    Failed,
    Infeasible,
    Interrupted,
    Probed,
    Proposed,
    Queued,
    Rejected,
    Reported,
    Stopped,
)
from hyperwatt.orchestrator.journal import Journal, is_being_written, read_journal
from hyperwatt.orchestrator.records import KINDS

VERDICT = Verdict(False, 0.2, {"latency_s": 0.1}, ("latency_s",), 1.5, True)
ONE_OF_EACH: tuple[Event, ...] = (
    Proposed("t0001", Candidate({"a": 1, "b": "x"}), "train", 7, 3, VERDICT, None),
    Rejected(Candidate({"a": 1.5}), VERDICT, {"latency_s": 0.05}, 3, 10, "t0001"),
    Dispatched("t0001"),
    Probed("t0001", (Measurement("latency_s", 0.1, 0.0, 3, "m", "cpu"),), (), True, 9, 0.5),
    Reported("t0001", 1, {"error": 0.5}, "t0001/epoch-1.pt", 1.0),
    Completed("t0001", {"test_error": 0.1}),
    Stopped("t0001", "halving", ""),
    Infeasible("t0001", "budget", ("latency_s",), ""),
    Failed("t0001", "exception", "boom", "Traceback ..."),
    Interrupted("t0001"),
    Queued("t0001", "trial 3 of run a, since 10:00:00"),
    Ended("trials", "all"),
)


def write(path: Path, *events: Event) -> None:
    journal, _ = Journal.open(path)
    with closing(journal):
        journal.append(events, 1.5)


def test_every_kind_of_event_is_read_as_it_was_written(tmp_path: Path) -> None:
    write(tmp_path / "j", *ONE_OF_EACH)

    entries, _ = read_journal(tmp_path / "j")

    assert [entry.event for entry in entries] == list(ONE_OF_EACH)
    assert {type(event) for event in ONE_OF_EACH} == set(KINDS.values())


def test_events_are_numbered_on_across_openings(tmp_path: Path) -> None:
    write(tmp_path / "j", ONE_OF_EACH[2])
    write(tmp_path / "j", ONE_OF_EACH[9])

    assert [entry.number for entry in read_journal(tmp_path / "j")[0]] == [1, 2]


@pytest.mark.parametrize("rest", [b'{"v":1,"n":2', b"\x00\x00\x00", b'{"v":1}'])
def test_a_last_line_cut_short_is_dropped_and_written_over(tmp_path: Path, rest: bytes) -> None:
    path = tmp_path / "j"
    write(path, ONE_OF_EACH[2])
    path.write_bytes(path.read_bytes() + rest)

    write(path, ONE_OF_EACH[9])

    assert [entry.event for entry in read_journal(path)[0]] == [ONE_OF_EACH[2], ONE_OF_EACH[9]]


def test_a_damaged_line_in_the_middle_is_refused_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "j"
    for event in ONE_OF_EACH:
        write(path, event)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[4] = lines[4].replace(b"epoch", b"epxch", 1)
    path.write_bytes(b"".join(lines))

    with pytest.raises(JournalError, match=r"line 5 of .* is damaged"):
        Journal.open(path)


def test_a_missing_line_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "j"
    for event in ONE_OF_EACH:
        write(path, event)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:3] + lines[4:]))

    with pytest.raises(JournalError, match=r"line 4 .*numbered 5"):
        read_journal(path)


def test_another_schema_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "j"
    write(path, ONE_OF_EACH[2])
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "v": 99}) + "\n")

    with pytest.raises(JournalError, match="schema version 99"):
        read_journal(path)


def test_nan_never_enters_the_journal(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Out of range float"):
        write(tmp_path / "j", Reported("t0001", 1, {"error": float("nan")}, "c", 1.0))


def test_events_written_together_are_kept_or_lost_together(tmp_path: Path) -> None:
    path = tmp_path / "j"
    write(path, ONE_OF_EACH[2])
    before = path.read_bytes()
    write(path, *ONE_OF_EACH[:3])
    group = path.read_bytes()[len(before) :].splitlines(keepends=True)

    path.write_bytes(before + b"".join(group[:2]))

    assert [entry.event for entry in read_journal(path)[0]] == [ONE_OF_EACH[2]]


def test_a_whole_last_line_that_is_damaged_is_refused_and_not_dropped(tmp_path: Path) -> None:
    path = tmp_path / "j"
    write(path, ONE_OF_EACH[2])
    path.write_bytes(path.read_bytes().replace(b"dispatched", b"dispatchex"))

    with pytest.raises(JournalError, match="line 1 of"):
        Journal.open(path)


def test_a_sweep_is_driven_by_one_process_at_a_time(tmp_path: Path) -> None:
    first, _ = Journal.open(tmp_path / "j")

    with closing(first), pytest.raises(JournalError, match="another process runs the sweep"):
        Journal.open(tmp_path / "j")


def test_a_failed_write_leaves_the_journal_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "j"
    journal, _ = Journal.open(path)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with closing(journal):
        journal.append(ONE_OF_EACH[2:3], 1.0)
        with monkeypatch.context() as disk:
            disk.setattr("os.fsync", full)
            with pytest.raises(JournalError, match="free some space"):
                journal.append(ONE_OF_EACH[9:10], 2.0)
        journal.append(ONE_OF_EACH[9:10], 3.0)

    assert [e.event for e in read_journal(path)[0]] == [ONE_OF_EACH[2], ONE_OF_EACH[9]]


def test_whether_somebody_writes_a_journal_can_be_told(tmp_path: Path) -> None:
    journal, _ = Journal.open(tmp_path / "journal.jsonl")
    with closing(journal):
        assert is_being_written(journal.path)

    assert not is_being_written(journal.path)
