from __future__ import annotations

from pathlib import Path

from benchmarks.gpu.gpu_tests import files_with_gpu_tests, read_counts

REPORT = """<?xml version="1.0"?><testsuites>
<testsuite tests="4" failures="1" errors="0" skipped="1"/>
<testsuite tests="2" failures="0" errors="1"/></testsuites>"""


def test_suites_are_added_up(tmp_path: Path) -> None:
    (tmp_path / "tests.xml").write_text(REPORT)

    counts = read_counts(tmp_path / "tests.xml")

    assert counts == {"tests": 6, "failures": 1, "errors": 1, "skipped": 1}


def test_files_without_such_tests_are_left_out() -> None:
    names = {path.name for path in files_with_gpu_tests()}

    assert "test_cuda.py" in names
    assert "test_linear.py" not in names
