"""What an exception inside a trial means for it.

Memory that ran out is a result: the candidate needs more than there is. All else is a failure.
"""

from __future__ import annotations

import traceback
from collections.abc import Collection

from ..constraints.errors import MeasurementError, NetworkError
from .messages import Message, failed, infeasible

# Texts of the allocation failures that reach Python as a plain RuntimeError.
OUT_OF_MEMORY_TEXTS = (
    "out of memory",
    "can't allocate memory",  # torch's DefaultCPUAllocator
    "alloc_failed",  # cuBLAS, cuDNN: CUBLAS_STATUS_ALLOC_FAILED
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out.

    >>> is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried ..."))
    True
    """
    if isinstance(error, MemoryError):
        return True
    text = str(error).lower()  # torch.OutOfMemoryError is a RuntimeError, "CUDA out of memory"
    return isinstance(error, RuntimeError) and any(known in text for known in OUT_OF_MEMORY_TEXTS)


def end_of(error: Exception, bounded: Collection[str] = ()) -> Message:
    """The end of a trial that raised.

    Args:
        error: what it raised.
        bounded: metrics that have a bound; those of memory are broken if memory ran out.
    """
    says = f"{type(error).__name__}: {error}"
    if is_out_of_memory(error):
        broken = [metric for metric in bounded if metric.endswith("memory_bytes")]
        return infeasible("out of memory", broken, says)
    if isinstance(error, NetworkError):
        return failed("unbuildable", str(error))
    if isinstance(error, MeasurementError):
        return failed("cannot measure", str(error))
    lines = "".join(traceback.format_exception(error))
    return failed("exception", says, lines)
