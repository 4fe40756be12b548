"""What earlier runs teach a new one: their trainings, checked and put into the space of now.

A run of another task, network, training or table is refused: its losses say nothing that could be
compared, and would mislead the model of the objective. So is one that searched a parameter that is
neither searched nor fixed here, or the other way round. Single trainings that lie outside the space
are skipped and counted. Costs of another kind of device, or measured in another way, are left out:
they are never mixed, and neither are seconds of training.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..constraints.candidate import Candidate
from ..constraints.errors import Fault, HyperwattError, SpecError
from ..constraints.metrics import METRICS
from ..constraints.space import Space
from ..orchestrator.driver import replay
from ..orchestrator.events import Infeasible
from ..orchestrator.journal import read_journal
from ..orchestrator.outcomes import selected_by
from ..orchestrator.state import State, Trial
from .problem import problem_of
from .run_folder import RunFolder
from .spec import Spec
from .spec_files import load_spec
from .spec_space import build_space

SAME = ("task", "network", "training", "table")  # sections that two runs must have in common
FREE = {"task": ("root", "download"), "network": ("fixed",), "table": ("costs",)}


@dataclass(frozen=True, eq=False)
class EarlierRun:
    """One run, as far as the new one can learn from it.

    Attributes:
        name: of its folder.
        trials: trainings that ended, renamed to `name/trial`.
        skipped: how many trainings are of no use, by reason.
        costs: what its measured costs are used for; says why if for nothing.
    """

    name: str
    trials: tuple[Trial, ...]
    skipped: Mapping[str, int]
    costs: str


def gather(spec: Spec) -> list[EarlierRun]:
    """Read the runs that a spec starts from.

    Args:
        spec: resolved.

    Raises:
        SpecError: with a fault for each run that is none, or not of this task and space.
    """
    faults: list[Fault] = []
    runs: list[EarlierRun] = []
    for index, path in enumerate(spec.warm_start.runs):
        place = f"warm_start.runs.{index}"
        try:
            earlier, state = _read(RunFolder(Path(path)))
        except HyperwattError as error:
            faults.append(Fault(place, str(error)))
            continue
        differences = [*_other_task(spec, earlier), *_other_space(spec, earlier)]
        faults += [Fault(place, f"the run {path} {says}") for says in differences]
        if not differences:
            runs.append(_taken(spec, earlier, Path(path).name, state))
    for name, count in Counter(run.name for run in runs).items():
        if count > 1:
            faults.append(Fault("warm_start.runs", f"two runs are called {name!r}; rename one"))
    if faults:
        raise SpecError(f"spec {spec.name!r}", faults)
    return runs


def _read(folder: RunFolder) -> tuple[Spec, State]:
    folder.must_exist()
    entries, _ = read_journal(folder.journal)
    return load_spec(str(folder.spec)), replay(entries, State())


def _other_task(spec: Spec, earlier: Spec) -> Iterator[str]:
    """What makes losses of two runs incomparable."""
    for section in SAME:
        ours, theirs = _comparable(spec, section), _comparable(earlier, section)
        for key in sorted(k for k in {*ours, *theirs} if ours.get(k) != theirs.get(k)):
            yield (
                f"has another `{section}.{key}`, {theirs.get(key)!r}, than this sweep, "
                f"{ours.get(key)!r}; its losses cannot be compared: leave it out"
            )
    metric = selected_by(spec.objectives)
    if metric != selected_by(earlier.objectives):
        short, other = METRICS[metric].short, METRICS[selected_by(earlier.objectives)].short
        yield f"kept the epoch of the best {other}, this sweep that of {short}: leave it out"


def _comparable(spec: Spec, section: str) -> dict[str, Any]:
    held = getattr(spec, section)
    plain = held.model_dump() if held is not None else {}
    if section == "table" and plain:  # the same file may lie elsewhere
        plain["path"] = Path(plain["path"]).name
    return {key: value for key, value in plain.items() if key not in FREE.get(section, ())}


def _other_space(spec: Spec, earlier: Spec) -> Iterator[str]:
    for name in sorted(set(earlier.space) - set(spec.space) - set(_fixed(spec))):
        yield f"searched `{name}`, which is neither under `space` nor fixed here; add or fix it"
    for name in sorted(set(spec.space) - set(earlier.space) - set(_fixed(earlier))):
        yield f"neither searched nor fixed `{name}`, which is searched here: leave the run out"
    for name in sorted(set(_fixed(spec)) & set(_fixed(earlier))):
        if _fixed(spec)[name] != _fixed(earlier)[name]:
            yield f"fixed `{name}` at {_fixed(earlier)[name]!r}, here it is {_fixed(spec)[name]!r}"


def _fixed(spec: Spec) -> Mapping[str, Any]:
    return spec.network.fixed if spec.network is not None else {}


def _taken(spec: Spec, earlier: Spec, name: str, state: State) -> EarlierRun:
    left_out = _why_not_costs(spec, earlier, state)
    skipped: Counter[str] = Counter()
    trials = []
    for trial in (t for t in state.of("train") if t.end is not None):
        if isinstance(trial.end, Infeasible):  # its costs are in the profile, and it has no loss
            skipped["infeasible by their probe"] += 1
            continue
        try:
            candidate = _translated(spec, earlier, trial.candidate)
        except ValueError as error:
            skipped[f"outside the space: {_rule(error)}"] += 1
            continue
        trials.append(_renamed(trial, candidate, f"{name}/{trial.trial_id}", not left_out))
    costs = f"left out: {left_out}" if left_out else "taken over"
    return EarlierRun(name, tuple(trials), dict(skipped), costs)


def _translated(spec: Spec, earlier: Spec, candidate: Candidate) -> Candidate:
    """A candidate in the space of now.

    Raises:
        ValueError: names the first parameter that cannot be what it was.
    """
    space: Space = build_space(spec.space)
    known = {**_fixed(earlier), **candidate}
    for name, value in _fixed(spec).items():
        if name in candidate and candidate[name] != value:
            raise ValueError(f"`{name}` is fixed at {value!r} here, got {candidate[name]!r}")
    inside = {name: value for name, value in known.items() if name in spec.space}
    space.encode([inside])
    return Candidate(inside)


def _renamed(trial: Trial, candidate: Candidate, trial_id: str, costs: bool) -> Trial:
    """The same trial under another name; without costs and times if they are of another device."""
    proposed = replace(trial.proposed, trial_id=trial_id, candidate=candidate)
    reports = [replace(r, trial_id=trial_id) for r in trial.reports]
    timed = [r if costs else replace(r, duration_s=0.0, spent_j=None) for r in reports]
    probe = replace(trial.probe, trial_id=trial_id) if trial.probe and costs else None
    assert trial.end is not None  # or it would not have been taken
    end = replace(trial.end, trial_id=trial_id)
    return replace(trial, proposed=proposed, reports=tuple(timed), probe=probe, end=end)


def _why_not_costs(spec: Spec, earlier: Spec, state: State) -> str:
    """Why measured costs are of no use here; empty if they are."""
    here, there = problem_of(spec).device_kind(), state.costs.device
    if there is None:
        return "none were measured"
    if here is not None and here != there:
        return f"measured on {there!r}, this sweep runs on {here!r}"
    ours, theirs = problem_of(spec).setting(), problem_of(earlier).setting()
    differing = [key for key in ours if ours[key] != theirs.get(key)]
    if differing:
        return f"measured under another {', '.join(differing)}"
    lacking = [METRICS[m].short for m in spec.budget if not state.costs.measured(m)]
    return f"no {', '.join(lacking)} was measured" if lacking else ""


def _rule(error: ValueError) -> str:
    """What is wrong, without the value, so that equal faults are counted together."""
    return str(error).partition(", got")[0].partition(", in {")[0]


def profile_of(runs: Sequence[EarlierRun], paths: Sequence[str]) -> str | None:
    """The folder of the first run whose measured costs this sweep can start from."""
    found = (p for run, p in zip(runs, paths, strict=True) if run.costs == "taken over")
    return next(found, None)
