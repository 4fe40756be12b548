"""What a run knew before it began, kept in its own folder: it can go on without the earlier runs.

JSON lines: one that names an earlier run (`run`, `costs`, `skipped`), then the events of its
trainings, as in a journal, and so on for each run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

from ..constraints.errors import JournalError
from ..orchestrator.events import Dispatched, Event
from ..orchestrator.records import from_record, to_record
from ..orchestrator.state import State, Trial, advance
from .earlier_runs import EarlierRun


def write_before(runs: Sequence[EarlierRun], path: Path) -> None:
    """Write what is known of earlier runs, whole or not at all.

    Side effects:
        Makes the file.
    """
    lines = [json.dumps(line, allow_nan=False) for run in runs for line in _lines(run)]
    partial = path.with_suffix(".partial")
    partial.write_text("\n".join(lines) + "\n")
    os.replace(partial, path)


def read_before(path: Path) -> list[EarlierRun]:
    """Read it back; empty if the run began knowing nothing.

    Raises:
        JournalError: if a line is damaged.
    """
    if not path.is_file():
        return []
    runs: list[_Read] = []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        try:
            record = json.loads(line)
            if "run" in record:
                runs.append(_Read(record, []))
            else:
                runs[-1].events.append(from_record(record))
        except (ValueError, KeyError, TypeError, IndexError) as error:
            raise JournalError(
                f"line {number} of {path} is damaged ({error}); restore it from a copy"
            ) from error
    return [run.revived() for run in runs]


def before_lines(runs: Sequence[EarlierRun]) -> list[str]:
    """What was taken over from each run, and what was not, in words."""
    lines = []
    for run in runs:
        taken = f"{len(run.trials)} trainings of {run.name} known before; costs {run.costs}"
        skipped = [f"{count} {reason}" for reason, count in run.skipped.items()]
        lines.append(taken + (f"; skipped: {', '.join(skipped)}" if skipped else ""))
    return lines


@dataclass(frozen=True)
class _Read:
    """A run as its lines are read."""

    head: dict[str, Any]
    events: list[Event]

    def revived(self) -> EarlierRun:
        start = State()
        state = reduce(lambda at, event: advance(at, event, 0.0), self.events, start)
        head = self.head
        return EarlierRun(head["run"], tuple(state.trials.values()), head["skipped"], head["costs"])


def _lines(run: EarlierRun) -> Iterator[dict[str, Any]]:
    yield {"run": run.name, "costs": run.costs, "skipped": dict(run.skipped)}
    for trial in run.trials:
        yield from (to_record(event) for event in _events(trial))


def _events(trial: Trial) -> Iterator[Event]:
    yield trial.proposed
    yield Dispatched(trial.trial_id)
    if trial.probe is not None:
        yield trial.probe
    yield from trial.reports
    assert trial.end is not None  # only those that ended are taken
    yield trial.end
