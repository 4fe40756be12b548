"""Real sweeps through the command line: Ray, child processes, torch and real digits."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

pytestmark = [pytest.mark.ray, pytest.mark.slow]

SMALL = [
    "limits.trials=4", "profile.candidates=6", "training.epochs=3", "early_stopping={}",
    "budget={latency: 1 s, memory: 2 MB}", "confirm={best: 1, remeasure: 2}",
    "probe={batch_size: 4, min_time: 20 ms, max_time: 100 ms}",
]  # fmt: skip
ENDS = {"completed", "stopped", "infeasible", "failed"}
PATIENCE_S = 400  # a cold start of Ray on a busy machine takes minutes


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "hyperwatt.experiments", *words]


def run_small(folder: Path, *settings: str) -> list[str]:
    words = [word for setting in (*SMALL, *settings) for word in ("--set", setting)]
    return command("run", "digits", "--dir", str(folder), *words)


def finish(words: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_S, check=False)


def events_of(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]


def wait_for_line(folder: Path, event: str) -> None:
    deadline_s = time.monotonic() + PATIENCE_S
    path = folder / "journal.jsonl"
    while not path.exists() or f'"event":"{event}"' not in path.read_text():
        assert time.monotonic() < deadline_s, f"no {event} in time"
        time.sleep(0.05)


def assert_whole(folder: Path) -> None:
    """Every trial has one end, no more, and none is missing."""
    events = events_of(folder)
    ends = Counter(str(e["trial_id"]) for e in events if e["event"] in ENDS)
    purposes = {str(e["trial_id"]): e["purpose"] for e in events if e["event"] == "proposed"}
    assert set(ends.values()) == {1}
    assert Counter(purposes[trial] for trial in ends)["train"] == 4


def test_a_sweep_runs_to_a_confirmed_network_with_weights(tmp_path: Path) -> None:
    done = finish(run_small(tmp_path / "run"))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Best feasible network: t00" in done.stdout
    assert_whole(tmp_path / "run")
    trials = pd.read_parquet(tmp_path / "run" / "trials.parquet")
    named = done.stdout.split("Best feasible network: ")[1][:5]
    assert list((tmp_path / "run" / "checkpoints" / named).glob("best-*.pt"))
    confirmed = trials[trials["purpose"] == "confirm"]
    assert confirmed["test_error"].notna().any()
    assert (tmp_path / "run" / "report.html").stat().st_size > 10_000
    logged = {path.parent.name for path in (tmp_path / "run").rglob("events.out.tfevents.*")}
    assert logged == set(trials[trials["purpose"] == "train"]["trial_id"])

    before = events_of(tmp_path / "run")
    again = finish(command("resume", str(tmp_path / "run")))
    assert again.returncode == 0
    assert events_of(tmp_path / "run") == before

    taken = finish(run_small(tmp_path / "run"))
    assert taken.returncode == 2
    assert "hyperwatt resume" in taken.stderr


def test_a_killed_driver_loses_and_repeats_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with subprocess.Popen(
        run_small(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as victim:
        wait_for_line(folder, "reported")
        os.kill(victim.pid, signal.SIGKILL)
    before = events_of(folder)

    done = finish(command("resume", str(folder)))

    assert done.returncode == 0, done.stdout + done.stderr
    assert events_of(folder)[: len(before)] == before
    assert any(event["event"] == "interrupted" for event in events_of(folder))
    assert_whole(folder)


def test_ctrl_c_ends_cleanly_and_says_how_to_go_on(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with subprocess.Popen(
        run_small(folder, "limits.trials=60"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as sweep:
        wait_for_line(folder, "reported")
        sweep.send_signal(signal.SIGINT)
        said, _ = sweep.communicate(timeout=PATIENCE_S)

    assert sweep.returncode == 130
    assert f"hyperwatt resume {folder}" in said
    assert (folder / "trials.parquet").is_file()


def test_a_comparison_is_continued_where_it_stopped(tmp_path: Path) -> None:
    words = [word for setting in SMALL for word in ("--set", setting)]
    words += ["--set", "limits.trials=2", "--dir", str(tmp_path / "c")]
    compare = command("compare", "digits", "--strategies", "hw-random,random", "--repeats", "1")

    first = finish([*compare, *words])
    second = finish([*compare, *words])

    assert first.returncode == 0, first.stdout + first.stderr
    assert "trainings saved" in first.stdout
    assert second.stdout.count("kept") == 2
    assert (tmp_path / "c" / "plots" / "best-by-trainings.svg").is_file()
    changed = finish([*compare, *words, "--set", "limits.trials=3"])
    assert changed.returncode == 2
    assert "was run with another limits" in changed.stderr
