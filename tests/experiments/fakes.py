"""The bundled digits sweep with made-up costs and errors: no Ray, no torch, no waiting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hyperwatt.constraints.measurement import Measurement
from hyperwatt.experiments.compose import build_plan
from hyperwatt.experiments.run_folder import RunFolder
from hyperwatt.experiments.spec_files import load_spec, write_spec
from hyperwatt.experiments.sweep import Sweep, load
from hyperwatt.orchestrator.driver import Driver
from hyperwatt.orchestrator.events import Completed, Event, Failed, Infeasible, Probed, Reported
from hyperwatt.orchestrator.plan import Plan
from hyperwatt.orchestrator.search import Search
from hyperwatt.orchestrator.serial import run_serially
from hyperwatt.orchestrator.state import Trial

FAILING = "t0030"


def fake_events(plan: Plan, trial: Trial) -> Iterator[Event]:
    c = trial.candidate
    weights = float(c["conv1_features"]) * float(c["conv2_features"])
    costs = {"latency_s": 2e-4 + 6e-7 * weights, "memory_bytes": 2e5 + 900.0 * weights}
    measured = tuple(Measurement(m, v, v / 100, 9, "made up", "toy") for m, v in costs.items())
    broken = tuple(k.metric for k in plan.predicted if not k.allows(costs[k.metric]))
    yield Probed(trial.trial_id, measured, broken, False, 1000, 0.2)
    if trial.trial_id == FAILING:
        yield Failed(trial.trial_id, "exception", "boom <script>", "Traceback")
    elif trial.purpose in ("train", "probe") and broken and plan.strategy.aware:
        yield Infeasible(trial.trial_id, "budget", broken)
    else:
        for epoch in (1, 2) if trial.purpose == "train" else ():
            error = 0.5 / epoch - 0.1 * float(c["learning_rate"])
            yield Reported(trial.trial_id, epoch, {"error": error}, "x.pt", 0.5)
        yield Completed(trial.trial_id, {"test_error": 0.25} if trial.purpose == "confirm" else {})


def fake_sweep(path: Path, *settings: str) -> Sweep:
    """A finished run in a folder, as it would be after a real one."""
    spec = load_spec("digits", ["limits.trials=12", "early_stopping={}", *settings])
    folder = RunFolder(path)
    folder.create()
    write_spec(spec, folder.spec)
    plan = build_plan(spec, concurrency=1)
    driver = Driver.open(Search(plan), folder.journal, ahead=False)
    try:
        run_serially(driver, lambda trial: fake_events(plan, trial))
    finally:
        driver.close()
    return load(folder)
