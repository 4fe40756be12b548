"""Seconds a suggestion, ours against other people's, in turns in one run.

    python -m benchmarks.search.timing [--strategy NAME] [--rounds 3] [--most 200]

On HyperPower's thirteen dimensions with two cheap limits, after 50, 100, 200 and 1,000
observations: what it takes from the end of a training to the next candidate.
Ours runs here, the peers in processes of their own, never two at once; a round asks everybody once,
so that a busy machine is busy for all. One thread each. Costs and errors are made up, since only
time is looked at. Our kernels and forms of cost models are chosen anew when observations have grown
by a fifth or more; in between, as in most rounds here, new ones are taken into those there are.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.search.arms import drive, observed_driver
from benchmarks.search.environments import ENVIRONMENTS, PEERS
from benchmarks.search.peer_runs import plain_parameter, started
from benchmarks.search.problem import Outcome, Plain, Problem
from benchmarks.search.simulated import SPECS, made_up_error
from hyperwatt.constraints.objective import Constraint
from hyperwatt.experiments.spec_files import load_spec

COUNTS = (50, 100, 200, 1000)
RIVALS = ("skopt", "optuna-gp")
PAGE = Path(__file__).parent / "timing.md"
Suggest = Callable[[], None]


def timed_problem() -> Problem:
    """Thirteen dimensions; costs are straight lines, and about half is feasible."""
    spec = load_spec(SPECS["hyperpower-13"])
    parameters: Plain = {n: p.model_dump(exclude={"when"}) for n, p in spec.space.items()}

    def evaluate(candidate: Mapping[str, Any]) -> Outcome:
        width = sum(candidate[f"conv{i}_features"] for i in (1, 2, 3))
        costs = {"power_w": 40 + width / 4, "memory_bytes": 4e8 + 1e6 * candidate["fc1_units"]}
        return Outcome(made_up_error(candidate), costs)

    bounds = (Constraint("power_w", 77.5), Constraint("memory_bytes", 9.5e8))
    return Problem("timing", "SIMULATED", parameters, bounds, evaluate, 0.0, simulated=True)


def measure(strategy: str, count: int, rounds: int, environments: Path) -> dict[str, float]:
    """Median seconds of everybody at one number of observations."""
    problem = timed_problem()
    with ExitStack() as stack:
        asked: dict[str, Suggest] = {strategy: _ours(problem, strategy, count)}
        for name in RIVALS:
            talk = stack.enter_context(started(environments, PEERS[name]))
            asked[name] = _rival(problem, name, talk, count)
        for suggest in asked.values():  # the first one imports packages
            suggest()
        taken: dict[str, list[float]] = {name: [] for name in asked}
        for _ in range(rounds):
            for name, suggest in asked.items():
                began_s = perf_counter()
                suggest()
                taken[name].append(perf_counter() - began_s)
    return {name: float(np.median(seconds)) for name, seconds in taken.items()}


def _observations(problem: Problem, count: int) -> Iterator[tuple[dict[str, Any], Outcome]]:
    rng = np.random.default_rng(0)
    while count:
        candidate = problem.space.candidate(problem.sample(1, rng)[0])
        outcome = problem.evaluate(candidate)
        if outcome.loss is not None and problem.feasible(outcome):
            count -= 1
            yield dict(candidate), outcome


def _ours(problem: Problem, strategy: str, count: int) -> Suggest:
    """One more training of the search, its evaluation being free."""
    driver = observed_driver(problem, strategy, [c for c, _ in _observations(problem, count)])
    return lambda: drive(problem, driver)


def _rival(problem: Problem, name: str, talk: Callable[..., dict[str, Any]], count: int) -> Suggest:
    limits = [c.metric for c in problem.constraints] if PEERS[name].aware else []
    parameters = [plain_parameter(parameter) for parameter in problem.space.parameters]
    talk(op="start", parameters=parameters, limits=limits, seed=0)
    seen = list(_observations(problem, count))

    def tell(candidate: Mapping[str, Any], outcome: Outcome) -> None:
        violations = {c.metric: outcome.costs[c.metric] / c.bound - 1 for c in problem.constraints}
        talk(
            op="tell",
            candidate=dict(candidate),
            loss=outcome.loss,
            violations=violations if limits else {},
            failed=outcome.loss is None,
        )

    if name == "skopt":
        talk(op="fill", candidates=[c for c, _ in seen], losses=[o.loss for _, o in seen])
    else:
        for candidate, outcome in seen:
            tell(candidate, outcome)

    def suggest() -> None:
        candidate = talk(op="ask")["candidate"]
        tell(candidate, problem.evaluate(candidate))

    return suggest


def _table(rows: Mapping[int, Mapping[str, float]], strategy: str) -> Iterator[str]:
    yield (
        f"| observations | {strategy} [s] | "
        + " | ".join(f"{r} [s]" for r in RIVALS)
        + " | "
        + (" | ".join(f"ours / {r}" for r in RIVALS) + " |")
    )
    yield "|---" * (2 + 2 * len(RIVALS)) + "|"
    for count, seconds in rows.items():
        own = seconds[strategy]
        theirs = [f"{seconds[r]:.2f}" if r in seconds else "" for r in RIVALS]
        ratios = [f"{own / seconds[r]:.2f}" if r in seconds else "" for r in RIVALS]
        yield f"| {count:,} | {own:.3f} | {' | '.join([*theirs, *ratios])} |"


def main() -> None:
    """Measure and write the page.

    Side effects:
        Writes timing.md.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--strategy", default="hyperwatt")
    parser.add_argument("--envs", type=Path, default=ENVIRONMENTS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--most", type=int, default=200, help="observations that rivals are asked at"
    )
    given = parser.parse_args()
    rows: dict[int, dict[str, float]] = {}
    with threadpool_limits(limits=1):
        for count in COUNTS:
            if count <= given.most:
                rows[count] = measure(given.strategy, count, given.rounds, given.envs)
            else:
                rows[count] = {given.strategy: _alone(given.strategy, count, given.rounds)}
            print(count, rows[count], flush=True)
    head = (__doc__ or "").split("\n\n")
    load = f"Load of the machine at the end: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores."
    text = ["# Seconds a suggestion", "", head[2], "", *_table(rows, given.strategy), "", load]
    PAGE.write_text("\n".join(text) + "\n")


def _alone(strategy: str, count: int, rounds: int) -> float:
    problem = timed_problem()
    suggest = _ours(problem, strategy, count)
    suggest()
    seconds = []
    for _ in range(rounds):
        began_s = perf_counter()
        suggest()
        seconds.append(perf_counter() - began_s)
    return float(np.median(seconds))


if __name__ == "__main__":
    main()
