"""What a worker says about its trial: plain dicts that survive JSON.

[queued ->] probed -> reported ... -> one end: completed | infeasible | stopped | failed
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..constraints.measurement import Measurement

Message = dict[str, Any]

ENDS = frozenset({"completed", "infeasible", "stopped", "failed"})


def is_end(message: Mapping[str, Any]) -> bool:
    """Whether nothing follows this message.

    >>> is_end(completed({})), is_end({"event": "probed"})
    (True, False)
    """
    return message["event"] in ENDS


def queued(behind: str) -> Message:
    """The device is held by another, who is named, and the trial waits for it."""
    return {"event": "queued", "behind": behind}


def probed(
    measurements: Sequence[Measurement],
    *,
    broken: Sequence[str],
    borderline: bool,
    parameters: int,
    duration_s: float,
    place: str = "",
) -> Message:
    """The untrained network was built and measured.

    Args:
        measurements: one a metric.
        broken: metrics measured over their bound.
        borderline: whether a value lay so near its bound that it was measured twice.
        parameters: trainable parameters of the network.
        duration_s: of building and measuring, without waiting for the device.
        place: the device and its machine; empty where there is none.
    """
    return {
        "event": "probed",
        "measurements": [measurement.to_dict() for measurement in measurements],
        "verdict": {"broken": list(broken), "borderline": borderline},
        "parameters": parameters,
        "duration_s": duration_s,
        "place": place,
    }


def reported(
    epoch: int, metrics: Mapping[str, float], *, checkpoint: str, duration_s: float
) -> Message:
    """An epoch of training ended; `checkpoint` is below the folder of checkpoints."""
    return {
        "event": "reported",
        "epoch": epoch,
        "metrics": dict(metrics),
        "checkpoint": checkpoint,
        "duration_s": duration_s,
    }


def completed(metrics: Mapping[str, float]) -> Message:
    """All that was asked is done; `metrics` holds what only the end knows."""
    return {"event": "completed", "metrics": dict(metrics)}


def infeasible(reason: str, metrics: Sequence[str], message: str) -> Message:
    """The candidate breaks its budget (`budget`) or the memory there is (`out of memory`)."""
    return {
        "event": "infeasible",
        "reason": reason,
        "metrics": list(metrics),
        "message": message,
    }


def stopped(reason: str, message: str) -> Message:
    """Training was ended early by the worker itself."""
    return {"event": "stopped", "reason": reason, "message": message}


def failed(reason: str, message: str, traceback: str = "") -> Message:
    """The trial could not be carried out; `reason` is the type of the fault."""
    return {"event": "failed", "reason": reason, "message": message, "traceback": traceback}
