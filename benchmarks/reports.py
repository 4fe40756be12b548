"""How long a report takes, how large it is, and how soon a followed page shows a trial that ended.

    python -m benchmarks.reports [--trials 1000 10000] [--out benchmarks/reports.md]

The runs are SIMULATED: journals of the bundled digits sweep with made-up costs and errors, four
epochs a training, written as a sweep writes them. Each is read and reported by a process of its
own, so that its peak of memory is its own. A page that follows is asked as a browser asks it: twice
a second for the version, then for the page.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from http.client import HTTPConnection
from pathlib import Path
from platform import machine, python_version
from threading import Thread

import numpy as np

from hyperwatt.constraints.gate import Verdict
from hyperwatt.constraints.measurement import Measurement
from hyperwatt.experiments.compose import build_plan
from hyperwatt.experiments.reporting.live_page import serve
from hyperwatt.experiments.reporting.report import build_report
from hyperwatt.experiments.run_folder import RunFolder
from hyperwatt.experiments.spec_files import load_spec, write_spec
from hyperwatt.experiments.sweep import load
from hyperwatt.orchestrator.events import Completed, Dispatched, Event, Probed, Proposed, Reported
from hyperwatt.orchestrator.journal import Journal
from hyperwatt.orchestrator.plan import Plan

EPOCHS, FOLLOWED = 4, 10  # trials that are waited for
ASK_EVERY_S = 0.5  # as `report.js` does


def simulated_run(folder: RunFolder, trials: int) -> list[list[Event]]:
    """Write a run but for the last few trials.

    Returns:
        The events of these, a list a trial.
    """
    spec = load_spec("digits", [f"limits.trials={trials}", "strategy=hyperwatt"])
    folder.create()
    write_spec(spec, folder.spec)
    plan = build_plan(spec, 1, folder.traces)
    made = list(_trials(plan, trials))
    journal, _ = Journal.open(folder.journal)
    for number, events in enumerate(made[:-FOLLOWED]):
        journal.append(events, 2.0 * number)
    journal.close()
    return made[-FOLLOWED:]


def _trials(plan: Plan, count: int) -> Iterator[list[Event]]:
    rng = np.random.default_rng(0)
    bounds = {c.metric: c.bound for c in plan.predicted}
    for number, row in enumerate(plan.space.sample(count, rng), start=1):
        candidate, name = plan.space.candidate(row), f"t{number:05d}"
        costs = {m: b * float(np.exp(rng.normal(-0.3, 0.3))) for m, b in bounds.items()}
        predicted = {m: v * float(np.exp(rng.normal(0, 0.1))) for m, v in costs.items()}
        verdict = Verdict(True, 0.9, predicted, spreads=dict.fromkeys(predicted, 0.1))
        measured = tuple(
            Measurement(m, v, v / 100, 9, "SIMULATED", "cpu:simulated") for m, v in costs.items()
        )
        place = f"cpu@node-{number % 4}"
        worst = float(rng.uniform(0.05, 0.9))
        yield [
            Proposed(name, candidate, "train", number, 0, verdict),
            Dispatched(name),
            Probed(name, measured, (), False, 1000, 0.4, 5.0, place),
            *(
                Reported(name, epoch, {"error": worst / epoch}, "x.pt", 0.4, 5.0)
                for epoch in range(1, EPOCHS + 1)
            ),
            Completed(name),
        ]


def report_of(folder: Path) -> dict[str, float]:
    """Read and report a run in this process."""
    began_s = time.perf_counter()
    sweep = load(RunFolder(folder))
    read_s = time.perf_counter()
    page = build_report(sweep).html()
    done_s = time.perf_counter()
    peak_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {
        "read_s": read_s - began_s, "report_s": done_s - read_s,
        "page_mb": len(page.encode()) / 1e6, "peak_gb": peak_kb / 1e6,
    }  # fmt: skip


def follow(folder: RunFolder, later: list[list[Event]]) -> list[float]:
    """Seconds from the end of each trial until a page that shows it has arrived."""
    taken = []
    with serve(folder, "127.0.0.1", 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        port = int(server.server_address[1])
        journal, entries = Journal.open(folder.journal)
        _asked(port, "/")
        shown = _asked(port, "/version")
        for events in later:
            journal.append(events, entries[-1].now_s)
            began_s = time.perf_counter()
            while (version := _asked(port, "/version")) == shown:
                time.sleep(ASK_EVERY_S)
            _asked(port, "/")
            taken.append(time.perf_counter() - began_s)
            shown = version
        journal.close()
        server.shutdown()
    return taken


def _asked(port: int, path: str) -> str:
    connection = HTTPConnection("127.0.0.1", port, timeout=600)
    connection.request("GET", path)
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def main() -> None:
    """Measure, and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--out", type=Path, default=Path(__file__).with_suffix(".md"))
    parser.add_argument("--report", type=Path, help="used by itself: report one run")
    given = parser.parse_args()
    if given.report is not None:
        print(json.dumps(report_of(given.report)))
        return
    lines = [
        "| trials (SIMULATED) | read (s) | report (s) | page (MB) | peak memory (GB) | followed: "
        "median, worst (s) |",
        "| ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for trials in given.trials:
        with tempfile.TemporaryDirectory() as place:
            folder = RunFolder(Path(place) / "run")
            later = simulated_run(folder, trials)
            words = [sys.executable, "-m", "benchmarks.reports", "--report", str(folder.path)]
            told = json.loads(subprocess.run(words, capture_output=True, check=True).stdout)
            followed = follow(folder, later)
        cells = [f"{told[key]:.2f}" for key in ("read_s", "report_s", "page_mb", "peak_gb")]
        cells.append(f"{np.median(followed):.2f}, {max(followed):.2f}")
        lines.append(f"| {trials:,} | " + " | ".join(cells) + " |")
        print(lines[-1], flush=True)
    about = __doc__ or ""
    head = f"# Reports\n\n{date.today()}, {machine()}, Python {python_version()}, two cores.\n\n"
    said = "\n".join(about.splitlines()[4:]).strip()
    given.out.write_text(head + "\n".join(lines) + f"\n\n{said}\n")


if __name__ == "__main__":
    main()
