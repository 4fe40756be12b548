"""A peer on a problem: asked and told over a pipe, evaluated here, by one code path for all.

Equal terms: the same number of trainings; one that knows limits is told the costs of the candidates
that our strategies measure first, sees every value of a limit, and an infeasible candidate of its
ends at the probe; one that knows none has all of them trained, like our own vanilla strategy. What
a peer suggests is taken to the nearest candidate there is: of a list, to the nearest that it has
not tried. A candidate that it repeats is answered from memory and not counted, at most
twenty times.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import IO, Any, Protocol

import numpy as np

from benchmarks.search.arms import WARM_UP, plan_of
from benchmarks.search.cells import MOST_DISPATCHED, Attempt, Cell
from benchmarks.search.environments import PeerKind, peer_version, python_of
from benchmarks.search.problem import Outcome, Problem
from hyperwatt.constraints.candidate import Candidate
from hyperwatt.constraints.domains import Array, Choice, Float, Int
from hyperwatt.constraints.features import surrogate_features
from hyperwatt.constraints.space import Parameter
from hyperwatt.orchestrator.design import design_points

SCRIPTS = Path(__file__).parent / "peers"
REPEATS = 20  # answered from memory in a row, before one counts
ENUMERABLE = 20_000


class Talk(Protocol):
    """Sends a request and waits for the answer."""

    def __call__(self, **request: Any) -> dict[str, Any]:
        """One request."""
        ...


def run_peer(
    environments: Path, peer: PeerKind, problem: Problem, seed: int, trainings: int
) -> Cell:
    """One cell of a peer.

    Raises:
        RuntimeError: with the end of what it printed, if the peer stopped.
    """
    with started(environments, peer) as talk:
        made, probes, ended = _Conversation(peer, problem, talk).hold(seed, trainings)
    version = peer_version(environments, peer)
    return Cell(problem.name, peer.name, seed, version, probes, tuple(made), ended)


class _Conversation:
    """Asks and tells one peer about one problem."""

    def __init__(self, peer: PeerKind, problem: Problem, talk: Talk) -> None:
        self.peer, self.problem, self.talk = peer, problem, talk
        self.space = problem.space
        self.rows = problem.listed
        if self.rows is None:
            self.rows = self.space.enumerate(ENUMERABLE)
        self.free = None if problem.listed is None else np.ones(len(problem.listed), dtype=bool)
        self.known: dict[Candidate, Outcome] = {}
        self.asked: dict[str, Any] = {}

    def hold(self, seed: int, trainings: int) -> tuple[list[Attempt], int, str]:
        """Attempts, how many were probed first, and why it ended early."""
        self._start(seed)
        probes = self._warm_up(seed) if self.peer.aware and self.problem.cheap else 0
        made: list[Attempt] = []
        now_s, passed_s, repeats = 0.0, 0.0, 0
        while sum(attempt.trained for attempt in made) < trainings:
            if len(made) == MOST_DISPATCHED * trainings:
                return made, probes, "dispatched"
            began_s = perf_counter()
            candidate = self._ask()
            passed_s += perf_counter() - began_s
            if candidate is None:
                return made, probes, "exhausted"
            repeats = repeats + 1 if candidate in self.known else 0
            if 0 < repeats <= REPEATS:
                passed_s += self._tell(candidate, self.known[candidate])
                continue
            outcome = self.known.setdefault(candidate, self.problem.evaluate(candidate))
            stopped = self._ends_at_probe(outcome)
            now_s += self.problem.probe_s * bool(self.problem.cheap)
            now_s += 0.0 if stopped else outcome.training_s
            told_s = self._tell(candidate, outcome)
            loss = None if stopped else outcome.loss
            feasible = self.problem.feasible(outcome)
            made.append(Attempt(loss, feasible, not stopped, True, passed_s, now_s))
            passed_s, repeats = told_s, 0
        return made, probes, ""

    def _start(self, seed: int) -> None:
        points = None
        if self.peer.on_points and self.rows is not None:
            points = surrogate_features(self.space, self.rows).tolist()
        self.talk(
            op="start",
            parameters=[plain_parameter(parameter) for parameter in self.space.parameters],
            limits=[c.metric for c in self.problem.constraints] if self.peer.aware else [],
            seed=seed,
            **({"points": points, "width": len(self.space.names)} if self.peer.on_points else {}),
        )

    def _warm_up(self, seed: int) -> int:
        """The candidates that our own strategies measure first."""
        plan = plan_of(self.problem, "hyperwatt", seed, 1)
        rows = design_points(plan, WARM_UP)
        for row in rows:
            candidate = self.space.candidate(row)
            violations = self._violations(self.problem.evaluate(candidate))
            self.talk(op="warm", violations=violations, **self._named(candidate))
        return len(rows)

    def _ask(self) -> Candidate | None:
        """What it suggests, as a candidate of the problem; None if all of a list were tried."""
        answer = self.talk(op="ask")
        if "row" in answer:
            assert self.rows is not None  # it was given them
            return self.space.candidate(self.rows[answer["row"]])
        if "point" in answer:
            units = np.array(answer["point"])
        else:
            self.asked = answer["candidate"]
            units = np.array([_unit(p, self.asked[p.name]) for p in self.space.parameters])
        return self._nearest(self.space.snap(units[None, :])[0])

    def _nearest(self, units: Array) -> Candidate | None:
        if self.problem.listed is None or self.free is None:
            return self.space.candidate(units)
        if not self.free.any():
            return None
        away = np.abs(self.problem.listed - units)
        unordered = [getattr(p.domain, "ordered", True) is False for p in self.space.parameters]
        away = np.where(np.array(unordered), (away > 0) * 1.0, away)
        both = np.isnan(self.problem.listed) & np.isnan(units)
        away = np.where(both, 0.0, np.nan_to_num(away, nan=1.0)).sum(axis=1)
        row = int(np.argmin(np.where(self.free, away, np.inf)))
        self.free[row] = False
        return self.space.candidate(self.problem.listed[row])

    def _tell(self, candidate: Candidate, outcome: Outcome) -> float:
        """Seconds that it took."""
        stopped = self._ends_at_probe(outcome)
        began_s = perf_counter()
        self.talk(
            op="tell",
            loss=None if stopped else outcome.loss,
            violations=self._violations(outcome),
            failed=outcome.loss is None and not stopped,
            **self._named(candidate),
        )
        return perf_counter() - began_s

    def _ends_at_probe(self, outcome: Outcome) -> bool:
        return self.peer.aware and not self.problem.feasible(outcome, self.problem.cheap)

    def _violations(self, outcome: Outcome) -> dict[str, float]:
        """At most 0 inside; of a positive bound as a share of it."""
        if not self.peer.aware:
            return {}
        return {
            c.metric: (outcome.costs[c.metric] - c.bound) / (abs(c.bound) or 1.0)
            for c in self.problem.constraints
        }

    def _named(self, candidate: Candidate) -> dict[str, Any]:
        """A candidate as the peer knows it, parameters that do not exist as it last had them."""
        if self.peer.on_points:
            units = self.space.encode([candidate])
            flat = surrogate_features(self.space, units) if self.rows is not None else units
            return {"point": flat[0].tolist()}
        filled = {p.name: self.asked.get(p.name, _first(p)) for p in self.space.parameters}
        return {"candidate": {**filled, **candidate}}


def plain_parameter(parameter: Parameter) -> dict[str, Any]:
    """As a peer is told of it."""
    domain = parameter.domain
    if isinstance(domain, Choice):
        kind = {"type": "choice", "values": list(domain.values), "ordered": domain.ordered}
        return {"name": parameter.name, **kind}
    assert isinstance(domain, Int | Float)  # there is no other
    kind = "int" if isinstance(domain, Int) else "float"
    ends = {"low": domain.low, "high": domain.high, "log": domain.log}
    return {"name": parameter.name, "type": kind, **ends}


def _first(parameter: Parameter) -> Any:
    return parameter.domain.value(0.0)


def _unit(parameter: Parameter, value: Any) -> float:
    """The unit of a value that came over the pipe, kept inside its range."""
    domain = parameter.domain
    if isinstance(domain, Float):
        return domain.unit(min(max(float(value), domain.low), domain.high))
    if isinstance(domain, Int):
        return domain.unit(min(max(int(value), domain.low), domain.high))
    return domain.unit(value)


@contextmanager
def started(environments: Path, peer: PeerKind) -> Iterator[Talk]:
    """The peer's process, ended at the end."""
    words = [str(python_of(environments, peer.environment)), f"{peer.script}.py", *peer.words]
    quiet: Mapping[str, str] = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    # what it prints goes to a file: a pipe that nobody reads would fill up and block it
    with (
        tempfile.TemporaryFile("w+") as said,
        subprocess.Popen(
            words, cwd=SCRIPTS, env={**os.environ, **quiet}, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said,
        ) as process,
    ):  # fmt: skip
        try:
            yield _talk(peer, process, said)
        finally:
            process.kill()


def _talk(peer: PeerKind, process: subprocess.Popen[str], said: IO[str]) -> Talk:
    assert process.stdin is not None
    assert process.stdout is not None
    given, answers = process.stdin, process.stdout

    def talk(**request: Any) -> dict[str, Any]:
        try:
            given.write(json.dumps(request) + "\n")
            given.flush()
            line = answers.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            said.seek(0)
            raise RuntimeError(f"the peer {peer.name!r} stopped; it said: {said.read()[-2000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    return talk
