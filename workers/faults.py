"""What an exception inside a trial means for it.

Memory that ran out is a result: the candidate needs more than there is. Beside other processes on
the device it is none, because they may have taken what was missing. All else is a failure.
"""

from __future__ import annotations

import traceback
from collections.abc import Collection

from ..constraints.errors import DeviceBusyError, MeasurementError, NetworkError
from .messages import Message, failed, infeasible
from .out_of_memory import device_memory, is_out_of_memory

BESIDE_OTHERS = "other processes hold memory of the same device: give trials whole devices"


def ran_out_of_memory(says: str, bounded: Collection[str] = ()) -> Message:
    """The end of a trial that needs more memory than there is; `bounded` as for `end_of`."""
    broken = [metric for metric in bounded if metric.endswith("memory_bytes")]
    return infeasible("out of memory", broken, says)


def end_of(error: Exception, bounded: Collection[str] = ()) -> Message:
    """The end of a trial that raised.

    Args:
        error: what it raised.
        bounded: metrics that have a bound; those of memory are broken if memory ran out.
    """
    says = f"{type(error).__name__}: {error}"
    memory = device_memory()
    if is_out_of_memory(error, memory):
        unknown = memory is None and "cuda" in says.lower()  # not even a context could be made
        if unknown or (memory is not None and memory.others_hold()):
            return failed("out of memory beside others", f"{says}; {BESIDE_OTHERS}")
        return ran_out_of_memory(says, bounded)
    if isinstance(error, NetworkError):
        return failed("unbuildable", str(error))
    if isinstance(error, DeviceBusyError):
        return failed("device busy", str(error))
    if isinstance(error, MeasurementError):
        return failed("cannot measure", str(error))
    lines = "".join(traceback.format_exception(error))
    return failed("exception", says, lines)
