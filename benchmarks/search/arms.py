"""Our own strategies on a problem: the search of the product, in virtual time, without Ray.

Each has a number of trainings. What ends at its probe, or is measured alone, is no training, but is
dispatched and takes seconds; what a constraint-aware one measures first is shown apart.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from benchmarks.search.cells import MOST_DISPATCHED, PROTOCOL, Attempt, Cell
from benchmarks.search.problem import Outcome, Problem
from hyperwatt.constraints.cost_models import CostModels
from hyperwatt.constraints.encoding import StructuralEncoding
from hyperwatt.constraints.gate import Verdict
from hyperwatt.constraints.linear import LinearRecipe
from hyperwatt.constraints.measurement import REPLAYED, SIMULATED, Measurement
from hyperwatt.constraints.objective import Objective
from hyperwatt.constraints.predictor import Recipe
from hyperwatt.constraints.promise import Promise
from hyperwatt.experiments.cost_modelling import without_network
from hyperwatt.orchestrator.driver import Driver, Finished, dispatch_dict
from hyperwatt.orchestrator.events import (
    Completed,
    Dispatched,
    Event,
    Failed,
    Infeasible,
    Probed,
    Reported,
)
from hyperwatt.orchestrator.plan import Confirmation, Limits, Plan
from hyperwatt.orchestrator.search import Search
from hyperwatt.orchestrator.state import JUDGED, Trial
from hyperwatt.orchestrator.strategies.registry import STRATEGIES
from hyperwatt.orchestrator.suggestion import propose
from hyperwatt.orchestrator.virtual_time import VirtualClock

PERFECT = "perfect-gate"  # uniform among the candidates that keep every limit: the limit line
WARM_UP = 15  # candidates that are measured untrained before the first attempt
SOURCES = ("constraints", "orchestrator", "workers", "experiments")
ROOT = Path(__file__).resolve().parents[2]


def plan_of(problem: Problem, strategy: str, seed: int, most: int) -> Plan:
    """The search's plan for a problem.

    Args:
        problem: to be searched.
        strategy: by name.
        seed: of all randomness.
        most: candidates that are dispatched to be trained.
    """
    chosen = STRATEGIES[strategy]
    encoding = StructuralEncoding(
        problem.space, frozenset(problem.space.names), counted=chosen.careful
    )

    def recipe_of(metric: str) -> Recipe:
        return without_network() if chosen.careful else LinearRecipe()

    return Plan(
        space=problem.space,
        objectives=(Objective("loss"),),
        constraints=problem.constraints,
        strategy=chosen,
        models=CostModels(problem.space, encoding, recipe_of),
        rules=(),
        limits=Limits(trials=most, wall_clock_s=1e12, concurrency=1),
        profile_candidates=WARM_UP,
        confirmation=Confirmation(best=0, remeasure=0),
        seed=seed,
        promise=Promise() if chosen.careful else None,
        listed=problem.listed,
    )


def run_strategy(problem: Problem, strategy: str, seed: int, trainings: int) -> Cell:
    """One cell of one of our strategies."""
    clock = VirtualClock()
    most = MOST_DISPATCHED * trainings
    driver = _driver(plan_of(problem, strategy, seed, most), clock)
    made: list[Attempt] = []
    probes, passed_s, ended = 0, 0.0, ""
    while not ended and sum(attempt.trained for attempt in made) < trainings:
        trial, took_s = drive(problem, driver, clock)
        if trial is None:
            ended = driver.state.ended.reason if driver.state.ended else "finished"
            break
        passed_s += took_s
        if trial.purpose not in JUDGED:
            probes, passed_s = probes + 1, 0.0
            continue
        made.append(_attempt(problem, driver.state.trials[trial.trial_id], passed_s, clock.now_s))
        passed_s, ended = 0.0, "dispatched" if len(made) == most else ""
    return Cell(problem.name, strategy, seed, our_version(), probes, tuple(made), ended)


def drive(
    problem: Problem, driver: Driver, clock: VirtualClock | None = None
) -> tuple[Trial | None, float]:
    """Have one more candidate dispatched and evaluated.

    Returns:
        The trial, None if the search is over; and the seconds that the search itself took.
    """
    began_s = perf_counter()
    trial = driver.next_dispatch()
    passed_s = perf_counter() - began_s
    if trial is None or isinstance(trial, Finished):
        return None, passed_s
    for event in _events(problem, driver, trial, problem.evaluate(trial.candidate)):
        if clock is not None:
            clock.now_s += event.duration_s if isinstance(event, Probed | Reported) else 0.0
        began_s = perf_counter()
        driver.tell(event)
        passed_s += perf_counter() - began_s
    return trial, passed_s


def observed_driver(
    problem: Problem, strategy: str, candidates: Sequence[Mapping[str, Any]]
) -> Driver:
    """A search that has trained these candidates, its first measurements left out."""
    most = len(candidates) + 1000
    plan = replace(plan_of(problem, strategy, 0, most), profile_candidates=0)
    driver = _driver(plan, VirtualClock())
    for candidate in candidates:
        units = problem.space.encode([candidate])[0]
        verdict = Verdict(admitted=True, probability=1.0)
        proposed = propose(plan, driver.state, units, purpose="train", verdict=verdict)
        driver.tell(proposed, Dispatched(proposed.trial_id))
        trial = driver.state.trials[proposed.trial_id]
        driver.tell(*_events(problem, driver, trial, problem.evaluate(trial.candidate)))
    return driver


def run_perfect_gate(problem: Problem, seed: int, trainings: int) -> Cell:
    """One cell of random search that knows which candidates keep every limit."""
    rng = np.random.default_rng(seed)
    seen: set[object] = set()
    made: list[Attempt] = []
    now_s, in_vain = 0.0, 0
    while len(made) < trainings and in_vain < 100_000:
        candidate = problem.space.candidate(problem.sample(1, rng)[0])
        outcome = problem.evaluate(candidate)
        if candidate in seen or not problem.feasible(outcome):
            in_vain += 1
            continue
        seen.add(candidate)
        in_vain, now_s = 0, now_s + problem.probe_s + outcome.training_s
        made.append(Attempt(outcome.loss, True, True, True, 0.0, now_s))
    ended = "" if len(made) == trainings else "exhausted"
    return Cell(problem.name, PERFECT, seed, PROTOCOL, 0, tuple(made), ended)


def our_version() -> str:
    """A short hash of the sources that decide what our arms do, as committed."""
    words = ["git", "rev-parse", *(f"HEAD:{folder}" for folder in SOURCES[:2])]
    said = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    return "-".join([PROTOCOL, *(line[:8] for line in said.stdout.split())])


def _driver(plan: Plan, clock: VirtualClock) -> Driver:
    return Driver(Search(plan), _NoJournal(), ahead=False, clock=clock)  # type: ignore[arg-type]


def _attempt(problem: Problem, trial: Trial, suggest_s: float, now_s: float) -> Attempt:
    outcome = problem.evaluate(trial.candidate)
    loss = outcome.loss if trial.trained else None
    wanted = trial.purpose == "train"
    trained = wanted and not isinstance(trial.end, Infeasible)
    return Attempt(loss, problem.feasible(outcome), trained, wanted, suggest_s, now_s)


def _events(problem: Problem, driver: Driver, trial: Trial, outcome: Outcome) -> Iterator[Event]:
    """What a worker would tell of a trial."""
    asked = dispatch_dict(driver, trial)
    name = trial.trial_id
    broken = tuple(m for m, bound in asked["bounds"].items() if outcome.costs[m] > bound)
    if asked["metrics"]:
        kind = SIMULATED if problem.simulated else REPLAYED
        read = tuple(
            Measurement(m, outcome.costs[m], 0.0, 1, "benchmark", f"recorded:{problem.name}", kind)
            for m in asked["metrics"]
        )
        yield Probed(name, read, broken, False, 0, problem.probe_s)
    if broken and trial.purpose in JUDGED:
        yield Infeasible(name, "budget", broken)
    elif trial.purpose != "train":
        yield Completed(name)
    elif outcome.loss is None:
        yield Failed(name, "diverged", "the recorded training reached no end")
    else:
        yield from _reports(problem, name, outcome, outcome.loss)
        yield Completed(name)


def _reports(problem: Problem, name: str, outcome: Outcome, loss: float) -> Iterator[Reported]:
    learned = {c.metric: outcome.costs[c.metric] for c in problem.constraints if not c.predicted}
    before_s = 0.0
    for epoch, at_s, value in outcome.epochs or ((1, outcome.training_s, loss),):
        passed_s = max(at_s - before_s, 0.0)
        yield Reported(name, epoch, {"loss": value, **learned}, "", passed_s)
        before_s = max(at_s, before_s)


class _NoJournal:
    """Keeps nothing: a cell is computed whole or not at all."""

    def append(self, events: object, now_s: float) -> None:
        """Forget."""

    def close(self) -> None:
        """Nothing is open."""
