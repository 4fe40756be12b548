"""Events as plain dicts and back: for the journal's lines and the border to the workers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, get_args

from ..constraints.candidate import Candidate
from ..constraints.gate import Verdict
from ..constraints.measurement import Measurement
from .events import Event, Reported, Stopped

KINDS: dict[str, type] = {kind.__name__.lower(): kind for kind in get_args(Event)}


def to_record(event: Event) -> dict[str, Any]:
    """An event as a plain dict, its kind under `event`."""
    return {"event": type(event).__name__.lower(), **_plain_fields(event)}


def from_record(record: Mapping[str, Any]) -> Event:
    """The event of a plain dict.

    Raises:
        KeyError, TypeError: if the kind is unknown or a field is missing or of another shape.
    """
    kind = KINDS[record["event"]]
    known = {f.name for f in fields(kind)}
    return kind(**{k: _revive(k, v) for k, v in record.items() if k in known})  # type: ignore[no-any-return]


def event_of(trial_id: str, message: Mapping[str, Any]) -> Event:
    """The event of a worker's message; a report that is not finite ends its training at once.

    Raises:
        KeyError, TypeError: as `from_record`.
    """
    event = from_record({**message, **message.get("verdict", {}), "trial_id": trial_id})
    if isinstance(event, Reported) and not all(map(math.isfinite, event.metrics.values())):
        unsound = ", ".join(f"{n} {v}" for n, v in event.metrics.items() if not math.isfinite(v))
        says = f"epoch {event.epoch} reported {unsound}"
        return Stopped(trial_id, "diverged", says, event.spent_j)
    return event


def _plain_fields(value: Any) -> dict[str, Any]:
    return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if is_dataclass(value):
        return _plain_fields(value)
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def _revive(name: str, value: Any) -> Any:
    if name == "candidate":
        return Candidate(value)
    if name == "verdict":
        return Verdict(**{**value, "broken": tuple(value["broken"])})
    if name == "measurements":
        return tuple(Measurement.from_dict(row) for row in value)
    return tuple(value) if isinstance(value, list) else value
