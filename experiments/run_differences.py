"""What runs differ in that are to be compared: what makes that meaningless, and what unfair.

Losses of other tasks, and what is best under another budget, cannot be compared at all. What a run
was given (time, devices, rules of early stopping) can differ, but must be said.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ..orchestrator.state import State
from ..orchestrator.strategies.registry import STRATEGIES
from .existing_runs import ExistingRun, by_variant, has_rules
from .spec import Spec
from .spec_rules import PER_SECOND

MEANINGLESS = ("space", "objectives", "budget", "constraints", "task", "network", "table")
UNFAIR = (
    "device", "limits", "concurrency", "resources", "training", "early_stopping", "profile",
    "warm_start", "predictor", "acquisition", "gate", "probe", "confirm",
)  # fmt: skip
# What makes a run another one, and who is told of it, which changes no result.
FREE = ("name", "seed", "strategy", "logs")
ELSEWHERE = ("task.root", "task.download")  # the same data may lie somewhere else
ABSENT = "absent"
DEVICE, AT_ONCE = "the device measured on", "the most trials at once"  # as the journals tell


@dataclass(frozen=True)
class Difference:
    """A setting that is not the same in all runs.

    Attributes:
        place: of the setting, as a dotted path.
        values: runs by the value they have, the most frequent first.
    """

    place: str
    values: Mapping[str, Sequence[ExistingRun]]

    def line(self, names: Callable[[Sequence[ExistingRun]], str]) -> str:
        """For people; `names` calls the runs that share a value."""
        parts = [f"{value} in {names(runs)}" for value, runs in self.values.items()]
        return f"{self.place} differs: {'; '.join(parts)}"


def meaningless(runs: Sequence[ExistingRun]) -> list[Difference]:
    """What forbids comparing runs."""
    return _differences(runs, lambda run: _settings(run.sweep.spec, MEANINGLESS))


def unfair(runs: Sequence[ExistingRun]) -> list[Difference]:
    """What must be said when runs are compared."""
    forms = by_variant(runs)
    paired = {v.strategy for v in forms if v.full} == {v.strategy for v in forms if not v.full}

    def given(run: ExistingRun) -> dict[str, str]:
        ignored = _ignored(run, paired)
        sections = [name for name in UNFAIR if name not in ignored]
        settings = _settings(run.sweep.spec, sections)
        if run.device_kind is not None:
            settings[DEVICE] = run.device_kind
        if run.sweep.finished:
            settings[AT_ONCE] = str(_most_at_once(run.sweep.state))
        return settings

    return _differences(runs, given, of_all={DEVICE, AT_ONCE, *_own_sections(runs, paired)})


def _own_sections(runs: Sequence[ExistingRun], paired: bool) -> set[str]:
    """Sections that mean nothing to some of the runs, which are not held against the others."""
    return set().union(*(_ignored(run, paired) for run in runs))


def _ignored(run: ExistingRun, paired: bool) -> set[str]:
    """Sections that a run's strategy does not read, or in which its arm differs on purpose."""
    strategy, ignored = run.sweep.spec.strategy, set()
    if strategy != PER_SECOND:
        ignored.add("acquisition")
    if not STRATEGIES[strategy].careful:
        ignored.add("gate")
    if paired and not has_rules(run):
        ignored.add("early_stopping")
    return ignored


def _differences(
    runs: Sequence[ExistingRun],
    settings_of: Callable[[ExistingRun], Mapping[str, str]],
    of_all: set[str] = frozenset(),  # type: ignore[assignment]  # read only
) -> list[Difference]:
    """Settings with more than one value.

    Args:
        runs: to hold against each other.
        settings_of: of a run, by place.
        of_all: beginnings of places at which a run that has none says nothing.
    """
    settings = [(run, settings_of(run)) for run in runs]
    found = []
    for place in dict.fromkeys(place for _, known in settings for place in known):
        silent = place in of_all or place.partition(".")[0] in of_all
        values: dict[str, list[ExistingRun]] = {}
        for run, known in settings:
            if place in known or not silent:
                values.setdefault(known.get(place, ABSENT), []).append(run)
        if len(values) > 1:
            ordered = sorted(values.items(), key=lambda item: -len(item[1]))
            found.append(Difference(place, dict(ordered)))
    return found


def _settings(spec: Spec, sections: Sequence[str]) -> dict[str, str]:
    """What stands in some sections, by place, as in a file."""
    plain = spec.to_plain()
    leaves = {
        place: value
        for name in sections
        if name in plain
        for place, value in _leaves(name, plain[name])
        if place not in ELSEWHERE
    }
    if "table.path" in leaves:
        leaves["table.path"] = _content(str(spec.table.path)) if spec.table else ABSENT
    return leaves


def _leaves(place: str, value: Any) -> Iterator[tuple[str, str]]:
    """Values below a place; a parameter of the space is one."""
    if isinstance(value, Mapping) and place.count(".") < (1 if place.startswith("space") else 9):
        for key, inner in value.items():
            yield from _leaves(f"{place}.{key}", inner)
    else:
        yield place, str(value)


@lru_cache(maxsize=64)
def _content(path: str) -> str:
    """A table by its name and content: the same one may lie elsewhere, and another be called so."""
    digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return f"{Path(path).name} (sha256 {digest[:12]})"


def _most_at_once(state: State) -> int:
    """The most trials that ran at one time."""
    moments = []
    for trial in state.trials.values():
        if trial.dispatched_s is not None:
            moments.append((trial.dispatched_s, 1))
            moments.append((state.now_s if trial.ended_s is None else trial.ended_s, -1))
    most = now = 0
    for _, change in sorted(moments):  # at one moment, an end comes first
        now += change
        most = max(most, now)
    return most
