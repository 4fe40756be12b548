"""The tests that need a GPU, run by pytest."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from .chunk import Bench, Finding, done

ROOT = Path(__file__).resolve().parents[2]
MARK = "mark.gpu"
PIECE = "pytest -m gpu"
LIMIT_S = 460.0
COUNTS = ("tests", "failures", "errors", "skipped")


class GpuTests:
    """See `Chunk`."""

    name = "tests"
    title = "Tests that need a GPU"

    def hindrance(self, bench: Bench) -> str:
        """A GPU and pytest are needed; trials without a GPU run them too, to see them skipped."""
        if find_spec("pytest") is None:
            return "pytest cannot be imported; `pip install` it"
        if bench.device != "cuda" and not bench.quick:
            return f"they need a GPU, and this is {bench.device}"
        return ""

    def pieces(self, bench: Bench) -> Sequence[str]:
        """One."""
        return (PIECE,)

    def run(self, bench: Bench, piece: str) -> dict[str, Any]:
        """Run the files that hold such tests; others may need packages that are not there."""
        told = bench.scratch / "tests.xml"
        options = ["-q", "-m", "gpu", "-p", "no:cacheprovider", f"--junitxml={told}"]
        said = subprocess.run(
            [sys.executable, "-m", "pytest", *options, *map(str, files_with_gpu_tests())],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S,
            check=False, cwd=ROOT,
        )  # fmt: skip
        return {**read_counts(told), "exit_code": said.returncode,
                "said": said.stdout.splitlines()[-40:]}  # fmt: skip

    def findings(self, bench: Bench) -> list[Finding]:
        """How many passed."""
        return [_finding(piece) for piece in done(bench, self).values()]


def files_with_gpu_tests() -> list[Path]:
    """Of this checkout."""
    return sorted(p for p in (ROOT / "tests").rglob("test_*.py") if MARK in p.read_text())


def read_counts(path: Path) -> dict[str, int]:
    """Tests, failures, errors and skips of a report in JUnit's format."""
    suites = list(ElementTree.parse(path).getroot().iter("testsuite"))
    return {name: sum(int(suite.get(name, 0)) for suite in suites) for name in COUNTS}


def _finding(piece: dict[str, Any]) -> Finding:
    bad = piece["failures"] + piece["errors"]
    passed = piece["tests"] - bad - piece["skipped"]
    shown = f"{passed} passed, {bad} failed, {piece['skipped']} skipped"
    ran = passed + bad > 0
    return Finding(PIECE, shown, "all passed", piece["exit_code"] == 0 if ran else None)
