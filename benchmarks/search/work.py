"""Which cells there are to compute, and computing them one after another.

Fast arms run on all problems with every seed, slow ones on the named problems with five seeds. The
order is by seed, so that an interrupted run has all arms of the first seeds.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from time import perf_counter

from threadpoolctl import threadpool_limits

from benchmarks.search.arms import PERFECT, our_version, run_perfect_gate, run_strategy
from benchmarks.search.catalogue import NAMED, load_problems
from benchmarks.search.cells import PROTOCOL, Cell, Cells
from benchmarks.search.environments import PEERS, peer_version, python_of
from benchmarks.search.peer_runs import run_peer
from benchmarks.search.problem import Problem
from benchmarks.search.summary import Run, is_present, run_of, stored_runs
from hyperwatt.orchestrator.strategies.registry import EXTRAS, STRATEGIES

WALKS = frozenset({"random-walk", "hw-random-walk"})  # HyperPower's, judged in its own protocol
# What wraps another package is judged by that package itself, as a peer.
OURS = tuple(name for name in STRATEGIES if name not in WALKS | set(EXTRAS))
SLOW_SEEDS = 5


@dataclass(frozen=True)
class Job:
    """One cell to be computed."""

    problem: str
    arm: str
    seed: int
    trainings: int
    data: Path
    envs: Path


def run_cells(given: Namespace) -> None:
    """Compute what is missing.

    Side effects:
        Writes cells; prints a line each, and why others cannot be had.
    """
    problems, missing = load_problems(given.data)
    for line in missing:
        print(f"left out: {line}")
    known = _known(given)
    jobs = []
    for job in _jobs(given, problems):
        run = known.get((job.problem, job.arm, job.seed))
        if (run is None or (given.stale and is_stale(run, given.envs))) and _can_run(job):
            jobs.append(job)
    print(f"{len(jobs)} cells to compute", flush=True)
    if given.jobs == 1:
        for job in jobs:
            _compute(job, given.cells)
        return
    with ProcessPoolExecutor(given.jobs) as pool:
        list(pool.map(_compute, jobs, [given.cells] * len(jobs)))


def list_cells(given: Namespace) -> None:
    """Print stored cells, or those that an earlier version made."""
    for run in _known(given).values():
        stale = is_stale(run, given.envs)
        if stale or not given.stale:
            print(f"{run.problem}/{run.arm}/{run.seed} {run.version}{' STALE' * stale}")


def is_stale(run: Run, environments: Path) -> bool:
    """Whether the arm of today is another than the one that made a cell."""
    if run.arm == PERFECT:
        return run.version != PROTOCOL
    if run.arm in PEERS:
        return run.version != peer_version(environments, PEERS[run.arm])
    return run.version != our_version()


def _known(given: Namespace) -> dict[tuple[str, str, int], Run]:
    """Runs of the committed summary and of stored cells, the present protocol's."""
    cells = (cell for cell in Cells(given.cells).all() if is_present(cell.version))
    runs = (*stored_runs(), *(run_of(cell) for cell in cells))
    return {(run.problem, run.arm, run.seed): run for run in runs}


def _jobs(given: Namespace, problems: dict[str, Problem]) -> Iterator[Job]:
    arms = (*OURS, PERFECT, *PEERS)
    for seed in range(given.seeds):
        for name in problems:
            for arm in arms:
                slow = arm in PEERS and not PEERS[arm].fast
                if slow and (seed >= SLOW_SEEDS or name not in NAMED):
                    continue
                if any(fnmatch(f"{name}/{arm}", pattern) for pattern in given.only):
                    yield Job(name, arm, seed, given.trainings, given.data, given.envs)


def _can_run(job: Job) -> bool:
    if job.arm not in PEERS or python_of(job.envs, PEERS[job.arm].environment).is_file():
        return True
    print(f"{job.problem}/{job.arm}/{job.seed}: no environment; benchmarks.search.environments")
    return False


def _compute(job: Job, folder: Path) -> None:
    """One cell; a peer that stops leaves its cell empty and is named."""
    problem, store = _problem(job.data, job.problem), Cells(folder)
    began_s = perf_counter()
    try:
        with threadpool_limits(limits=1):
            store.write(_cell(job, problem))
        said = f"{perf_counter() - began_s:.0f} s"
    except RuntimeError as error:
        said = str(error)
    print(f"{job.problem}/{job.arm}/{job.seed}: {said}", flush=True)


def _cell(job: Job, problem: Problem) -> Cell:
    if job.arm == PERFECT:
        return run_perfect_gate(problem, job.seed, job.trainings)
    if job.arm in PEERS:
        return run_peer(job.envs, PEERS[job.arm], problem, job.seed, job.trainings)
    return run_strategy(problem, job.arm, job.seed, job.trainings)


@cache
def _problem(data: Path, name: str) -> Problem:
    return load_problems(data)[0][name]
