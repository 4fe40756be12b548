"""A comparison whose runs share one Ray, through the command line: stopped, continued, reported."""

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

pytestmark = [pytest.mark.ray, pytest.mark.slow]

SMALL = [
    "profile.candidates=6", "training.epochs=3", "early_stopping={}",
    "budget={latency: 1 s, memory: 2 MB}", "confirm={best: 1, remeasure: 1}",
    "probe={batch_size: 4, min_time: 20 ms, max_time: 100 ms}",
]  # fmt: skip
ENDS = {"completed", "stopped", "infeasible", "failed"}
PATIENCE_S = 600  # a cold start of Ray on a busy machine takes minutes


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "hyperwatt.experiments", *words]


def finish(words: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def wait_until_both_run(journals: list[Path]) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    while not all(path.is_file() and '"dispatched"' in path.read_text() for path in journals):
        assert time.monotonic() < deadline_s, "they do not run side by side"
        time.sleep(0.05)


def test_two_runs_share_one_ray_are_stopped_and_continued_and_reported(tmp_path: Path) -> None:
    folder = tmp_path / "c"
    journals = [folder / name / "seed-7" / "journal.jsonl" for name in ("random", "hw-random")]
    words = command("compare", "digits", "--strategies", "random,hw-random", "--repeats", "1",
                    "--trials", "2", "--at-once", "2", "--dir", str(folder))  # fmt: skip
    words += [word for setting in SMALL for word in ("--set", setting)]

    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as first:
        wait_until_both_run(journals)
        first.send_signal(signal.SIGINT)
        said, complained = first.communicate(timeout=PATIENCE_S)
    before = [path.read_text() for path in journals]
    second = finish(words)

    assert first.returncode == 130, said + complained
    assert "the same command continues the comparison" in said
    assert second.returncode == 0, second.stdout + second.stderr
    assert second.stdout.count(": resumed") == 2
    for path, text in zip(journals, before, strict=True):
        assert path.read_text().startswith(text)
        events = [json.loads(line) for line in path.read_text().splitlines()]
        ends = Counter(event["trial_id"] for event in events if event["event"] in ENDS)
        assert set(ends.values()) == {1}
    reported = finish(command("report", *(str(path.parent) for path in journals), "--text"))
    assert reported.returncode == 0, reported.stderr
    assert "1 seed a strategy" in reported.stdout
