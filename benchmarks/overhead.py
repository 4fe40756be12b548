"""The cost of the search itself: suggest, journal and predictors, without any training.

Runs the product's core over 50 trials of the bundled digits space with made-up costs that arrive at
once, for each strategy, and divides the time by the trials. Under Ray a suggestion is computed off
Tune's loop; here it is computed inline, so that all of it counts.

    python -m benchmarks.overhead       writes benchmarks/overhead.md
"""

from __future__ import annotations

import platform
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from statistics import median

from hyperwatt.constraints.measurement import Measurement
from hyperwatt.experiments.compose import build_plan
from hyperwatt.experiments.spec_files import load_spec
from hyperwatt.orchestrator.driver import Driver
from hyperwatt.orchestrator.events import Completed, Event, Probed, Reported
from hyperwatt.orchestrator.search import Search
from hyperwatt.orchestrator.serial import run_serially
from hyperwatt.orchestrator.state import Trial
from hyperwatt.orchestrator.strategies.registry import STRATEGIES
from hyperwatt.workers.meters.cpu import cpu_kind

TRIALS = 50
REPEATS = 3


def made_up(trial: Trial) -> Iterator[Event]:
    """What a worker would say, at once: a probe, an epoch, the end."""
    size = float(trial.candidate["conv1_features"])
    costs = {"latency_s": 1e-5 * size, "memory_bytes": 1e4 * size}
    measured = tuple(Measurement(m, v, 0.0, 1, "made up", "none") for m, v in costs.items())
    yield Probed(trial.trial_id, measured, (), False, 1, 0.0)
    yield Reported(trial.trial_id, 1, {"error": 1 / size}, "", 0.0)
    yield Completed(trial.trial_id)


def seconds_per_trial(strategy: str) -> float:
    """One sweep of `TRIALS` trials, the profile included, divided by the trials."""
    settings = [f"strategy={strategy}", f"limits.trials={TRIALS}", "confirm.remeasure=0"]
    plan = build_plan(load_spec("digits", [*settings, "early_stopping={}"]), concurrency=1)
    with tempfile.TemporaryDirectory() as folder:
        driver = Driver.open(Search(plan), Path(folder) / "journal.jsonl", ahead=False)
        begin_s = time.perf_counter()
        run_serially(driver, made_up)
        spent_s = time.perf_counter() - begin_s
        driver.close()
    return spent_s / TRIALS


def main() -> None:
    """Measure all strategies and write the table."""
    lines = [
        "# Overhead of the search",
        "",
        f"Milliseconds a trial over {TRIALS} trials: suggestion, journal (synced), predictors; "
        f"median (least to most) of {REPEATS} sweeps.",
        f"{date.today()}, {cpu_kind(1)}, Python {platform.python_version()}.",
        "",
        "| strategy | ms a trial |",
        "|---|---|",
    ]
    for strategy in STRATEGIES:
        spent = sorted(1e3 * seconds_per_trial(strategy) for _ in range(REPEATS))
        lines.append(f"| {strategy} | {median(spent):.0f} ({spent[0]:.0f} to {spent[-1]:.0f}) |")
    text = "\n".join(lines) + "\n"
    Path(__file__).with_suffix(".md").write_text(text)
    print(text)


if __name__ == "__main__":
    main()
