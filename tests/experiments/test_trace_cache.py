from pathlib import Path

import numpy as np

from hyperwatt.experiments.trace_cache import TraceCache


def test_what_was_traced_is_read_back_and_not_traced_again(tmp_path: Path) -> None:
    path = tmp_path / "traces.jsonl"
    TraceCache.open(path).get("a", lambda: np.array([1.5, 2.0]))
    TraceCache.open(path).get("b", lambda: None)

    again = TraceCache.open(path)

    np.testing.assert_array_equal(again.get("a", lambda: np.zeros(2)), [1.5, 2.0])
    assert again.get("b", lambda: np.zeros(2)) is None


def test_a_line_cut_short_by_a_crash_is_traced_anew(tmp_path: Path) -> None:
    path = tmp_path / "traces.jsonl"
    path.write_text('{"seen": ""}\n["a", [1.0]]\n["b", [2')

    cache = TraceCache.open(path)

    np.testing.assert_array_equal(cache.get("b", lambda: np.array([3.0])), [3.0])
    np.testing.assert_array_equal(TraceCache.open(path).known["b"], [3.0])
    np.testing.assert_array_equal(cache.get("a", lambda: np.array([9.0])), [1.0])


def test_without_a_folder_it_is_kept_in_memory(tmp_path: Path) -> None:
    cache = TraceCache.open(tmp_path / "none" / "traces.jsonl")

    cache.get("a", lambda: np.array([1.0]))

    np.testing.assert_array_equal(cache.get("a", lambda: np.zeros(1)), [1.0])
    assert not (tmp_path / "none").exists()


def test_reading_writes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "traces.jsonl"
    TraceCache.open(path, "a")
    assert not path.exists()
    TraceCache.open(path, "a").get("x", lambda: np.array([1.0]))
    before = path.read_bytes()

    other = TraceCache.open(path, "another device")

    assert path.read_bytes() == before
    assert not other.known
    other.get("y", lambda: np.array([2.0]))
    assert set(TraceCache.open(path, "another device").known) == {"y"}
