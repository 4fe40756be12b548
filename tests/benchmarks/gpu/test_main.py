"""The command as a whole, on devices that are at hand everywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks.gpu import __main__ as command

ROOT = Path(__file__).parents[3]
SMALL = ["--device", "simulated:h200", "--quick", "--only", "repeatability"]


def words(folder: Path, *more: str) -> list[str]:
    return [*SMALL, "--out", str(folder / "r.json"), "--scratch", str(folder), *more]


def pieces(folder: Path) -> dict[str, Any]:
    path = folder / "r.json"
    chunks = json.loads(path.read_text())["chunks"] if path.is_file() else {}
    found: dict[str, Any] = chunks.get("repeatability", {})
    return found


def test_without_a_gpu_it_says_so_and_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "capabilities", lambda device: ({}, {"power_w": "no driver"}))

    assert command.main([]) == 0
    assert capsys.readouterr().out == "skipped: no driver\n"


def test_a_record_of_another_device_is_bad_input(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    about = {"device": "cpu", "device_kind": "cpu:x", "quick": True}
    (tmp_path / "r.json").write_text(json.dumps({"about": about, "skipped": {}, "chunks": {}}))

    assert command.main(words(tmp_path)) == 2
    assert "--out" in capsys.readouterr().err


def test_when_time_is_up_more_is_left(tmp_path: Path) -> None:
    assert command.main(words(tmp_path, "--minutes", "0")) == command.MORE_IS_LEFT
    assert not pieces(tmp_path)


@pytest.mark.slow
def test_killed_in_the_midst_it_goes_on_and_keeps_what_was_measured(tmp_path: Path) -> None:
    run = [sys.executable, "-m", "benchmarks.gpu", *words(tmp_path)]
    killed = subprocess.Popen(run, cwd=ROOT, stdout=subprocess.DEVNULL)
    while not pieces(tmp_path):
        time.sleep(0.05)
        assert killed.poll() is None
    os.kill(killed.pid, 9)
    killed.wait()
    before = pieces(tmp_path)

    subprocess.run(run, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)

    after = pieces(tmp_path)
    assert len(after) == 3
    assert {key: after[key] for key in before} == before
    assert all(set(piece["measured"]) >= {"power_w", "latency_s"} for piece in after.values())
