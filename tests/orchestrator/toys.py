"""A toy problem for the search: its costs are linear, its error has one minimum, all exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from hyperwatt.constraints.cost_models import CostModels
from hyperwatt.constraints.domains import Choice, Float, Int
from hyperwatt.constraints.encoding import StructuralEncoding
from hyperwatt.constraints.linear import LinearRecipe
from hyperwatt.constraints.measurement import Measurement
from hyperwatt.constraints.objective import Constraint, Objective
from hyperwatt.constraints.promise import Promise
from hyperwatt.constraints.space import Parameter, Space
from hyperwatt.orchestrator.driver import Driver
from hyperwatt.orchestrator.events import Completed, Event, Infeasible, Probed, Reported
from hyperwatt.orchestrator.plan import Confirmation, Limits, Plan
from hyperwatt.orchestrator.search import Search
from hyperwatt.orchestrator.serial import Evaluate, run_serially
from hyperwatt.orchestrator.state import State, Trial
from hyperwatt.orchestrator.strategies.registry import STRATEGIES

SPACE = Space.of(
    [
        Parameter("layers", Int(1, 3)),
        Parameter("units", Int(1, 100)),
        Parameter("wide", Int(1, 50), {"layers": (2, 3)}),
        Parameter("rate", Float(1e-4, 1e-1, log=True)),
        Parameter("act", Choice(("relu", "tanh", "gelu"))),
    ]
)
STRUCTURAL = frozenset({"layers", "units", "wide"})


class Ticks:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def models_of(space: Space) -> CostModels:
    return CostModels(
        space, StructuralEncoding(space, STRUCTURAL), lambda metric: LinearRecipe(1e-6)
    )


def make_plan(strategy: str = "hw-ieci", **changes: object) -> Plan:
    plan = Plan(
        space=SPACE,
        objectives=(Objective("error"),),
        constraints=(Constraint("latency_s", 0.06),),
        strategy=STRATEGIES[strategy],
        models=models_of(SPACE),
        promise=Promise() if STRATEGIES[strategy].careful else None,
        rules=(),
        limits=Limits(trials=12, wall_clock_s=1e6, concurrency=1),
        profile_candidates=12,
        confirmation=Confirmation(best=2, remeasure=4),
        seed=3,
        pool_size=300,
    )
    return replace(plan, **changes)  # type: ignore[arg-type]


def true_latency_s(candidate: object) -> float:
    c = dict(candidate)  # type: ignore[call-overload]
    return 0.01 + 0.001 * c["units"] + 0.0005 * c.get("wide", 0) + 0.002 * c["layers"]


def true_error(candidate: object) -> float:
    c = dict(candidate)  # type: ignore[call-overload]
    distance = (np.log10(c["rate"]) + 2.5) ** 2 / 4 + (1 - c["units"] / 100) ** 2
    return float(min(0.9, 0.05 + 0.3 * distance + (0.02 if c["act"] == "tanh" else 0.0)))


def measured(trial: Trial) -> Measurement:
    return Measurement("latency_s", true_latency_s(trial.candidate), 0.0, 9, "exact", "toy")


def evaluate(trial: Trial, plan: Plan, epochs: int = 2) -> Iterator[Event]:
    """What a worker would say, with exact values."""
    latency = measured(trial)
    broken = tuple(c.metric for c in plan.predicted if not c.allows(latency.value))
    yield Probed(trial.trial_id, (latency,), broken, False, 1, 0.1)
    if broken and plan.strategy.aware and trial.purpose in ("train", "probe"):
        yield Infeasible(trial.trial_id, "budget", broken)
        return
    if trial.purpose == "train":
        first = trial.reports[-1].epoch + 1 if trial.reports else 1
        for epoch in range(first, epochs + 1):
            error = true_error(trial.candidate) + 0.1 * (epochs - epoch)
            yield Reported(trial.trial_id, epoch, {"error": error}, f"{trial.trial_id}.pt", 0.1)
    yield Completed(trial.trial_id)


def make_driver(plan: Plan, path: Path, **options: object) -> Driver:
    options = {"ahead": False, "clock": Ticks(), **options}
    return Driver.open(Search(plan), path, **options)


def sweep(plan: Plan, path: Path, worker: Evaluate | None = None, **options: object) -> State:
    """Run a whole sweep and close its journal."""
    driver = make_driver(plan, path, **options)
    try:
        run_serially(driver, worker or (lambda trial: evaluate(trial, plan)))
    finally:
        driver.close()
    return driver.state


def candidates(state: State, purpose: str = "train") -> list[dict[str, object]]:
    return [dict(t.candidate) for t in state.trials.values() if t.purpose == purpose]
