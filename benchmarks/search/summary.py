"""What is kept of the cells: for each, the steps of its incumbent and a few counts.

Small enough to be committed, and all that plots and tables are drawn from.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from benchmarks.search.cells import PROTOCOL, Cell
from benchmarks.search.problem import Problem

HERE = Path(__file__).parent
Axis = Literal["at", "dispatched", "seconds"]
RUNS, PROBLEMS = HERE / "summary.parquet", HERE / "problems.csv"


@dataclass(frozen=True)
class Run:
    """A cell in short.

    Attributes:
        problem, arm, seed, version, probes: as of the cell.
        trainings: that were made.
        wanted: candidates that were dispatched to be trained.
        infeasible: of these, how many broke a limit.
        measured: candidates that were dispatched to be measured alone, after `probes`.
        total_s: virtual seconds of all of it.
        suggest_s: median seconds of a suggestion; 0 where nobody suggests.
        at: trainings at which a better feasible candidate was found, from 1.
        losses: the new best then.
        dispatched: candidates that were dispatched by then, `probes` left out.
        seconds: virtual, then.
    """

    problem: str
    arm: str
    seed: int
    version: str
    probes: int
    trainings: int
    wanted: int
    infeasible: int
    measured: int
    total_s: float
    suggest_s: float
    at: Sequence[int]
    losses: Sequence[float]
    dispatched: Sequence[int]
    seconds: Sequence[float]

    def best_after(self, spent: float, axis: Axis = "at") -> float:
        """The least feasible loss; infinite while there is none.

        Args:
            spent: trainings, dispatches or seconds.
            axis: which of them.
        """
        places = zip(getattr(self, axis), self.losses, strict=True)
        known = [loss for place, loss in places if place <= spent]
        return float(known[-1]) if known else float("inf")

    def reached(self, loss: float, axis: Axis = "at") -> float:
        """The training, dispatch or second that was first as good as a loss; infinite if none."""
        places = zip(getattr(self, axis), self.losses, strict=True)
        return next((float(place) for place, found in places if found <= loss), float("inf"))


@dataclass(frozen=True)
class Subject:
    """What a page says of a problem."""

    name: str
    about: str
    family: str
    optimum: float
    proven: bool
    simulated: bool
    limits: int
    cheap: bool


def run_of(cell: Cell) -> Run:
    """The short form of a cell."""
    best, trainings = float("inf"), 0
    steps: list[tuple[int, float, int, float]] = []
    for number, attempt in enumerate(cell.attempts, start=1):
        trainings += attempt.trained
        if attempt.feasible and attempt.loss is not None and attempt.loss < best:
            best = attempt.loss
            steps.append((trainings, best, number, attempt.now_s))
    wanted = [attempt for attempt in cell.attempts if attempt.wanted]
    return Run(
        problem=cell.problem,
        arm=cell.arm,
        seed=cell.seed,
        version=cell.version,
        probes=cell.probes,
        trainings=trainings,
        wanted=len(wanted),
        infeasible=sum(not attempt.feasible for attempt in wanted),
        measured=len(cell.attempts) - len(wanted),
        total_s=cell.attempts[-1].now_s if cell.attempts else 0.0,
        suggest_s=float(np.median([a.suggest_s for a in cell.attempts] or [0.0])),
        at=[step[0] for step in steps],
        losses=[step[1] for step in steps],
        dispatched=[step[2] for step in steps],
        seconds=[step[3] for step in steps],
    )


def subject_of(problem: Problem) -> Subject:
    """What a page says of a problem."""
    return Subject(
        name=problem.name,
        about=problem.about,
        family=problem.family,
        optimum=problem.optimum,
        proven=problem.proven,
        simulated=problem.simulated,
        limits=len(problem.constraints),
        cheap=bool(problem.cheap),
    )


def write_summary(
    cells: Iterable[Cell], problems: Iterable[Problem], runs: Path = RUNS, about: Path = PROBLEMS
) -> None:
    """Add the short forms of cells to those that are stored; of the same cell, the given one stays.

    Args:
        cells: that are at hand.
        problems: all.
        runs: file to write; what it has of another protocol is dropped.
        about: file to write what is said of the problems.
    """
    kept = {(run.problem, run.arm, run.seed): run for run in stored_runs(runs)}
    given = (run_of(cell) for cell in cells if is_present(cell.version))
    kept |= {(run.problem, run.arm, run.seed): run for run in given}
    frame = pd.DataFrame([asdict(kept[key]) for key in sorted(kept)])
    frame.to_parquet(runs, index=False, compression="zstd")
    pd.DataFrame([asdict(subject_of(problem)) for problem in problems]).to_csv(about, index=False)


def stored_runs(runs: Path = RUNS) -> list[Run]:
    """The short forms that are stored, of the present protocol."""
    if not runs.is_file():
        return []
    rows = pd.read_parquet(runs).to_dict("records")
    return [_run(row) for row in rows if is_present(str(row["version"]))]


def is_present(version: str) -> bool:
    """Whether a version is of the present protocol.

    >>> is_present(f"{PROTOCOL}-1a2b-3c4d"), is_present("1 optuna==5.0.0")
    (True, False)
    """
    return version.replace("-", " ").split()[0] == PROTOCOL


def read_summary(runs: Path = RUNS, about: Path = PROBLEMS) -> tuple[list[Run], dict[str, Subject]]:
    """The short forms, and what is said of their problems; of a better cell, its loss is best."""
    found, listed = stored_runs(runs), pd.read_csv(about)
    subjects = {}
    for row in listed.to_dict("records"):
        subject = Subject(**{str(key): value for key, value in row.items()})
        best = min(
            (r.best_after(10**9) for r in found if r.problem == subject.name), default=np.inf
        )
        better = not subject.proven and best < subject.optimum
        plain = {**asdict(subject), "optimum": best} if better else asdict(subject)
        subjects[subject.name] = Subject(**plain)
    return found, subjects


def _run(row: dict[object, object]) -> Run:
    plain = {str(k): v.tolist() if isinstance(v, np.ndarray) else v for k, v in row.items()}
    return Run(**plain)  # type: ignore[arg-type]  # as they were written
