"""What a spec searches: networks that are trained, or the rows of a recorded table.

All that composition, checks and reports must know of it, whichever it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from ..constraints.domains import Array
from ..constraints.errors import Fault
from ..constraints.space import Space
from .spec import Spec
from .table_problem import TableProblem
from .trained_problem import TrainedProblem


class Problem(Protocol):
    """A thing that can be searched."""

    def structural_names(self) -> frozenset[str]:
        """Hyper-parameters that costs depend on."""
        ...

    def unbuildable_reason(self, candidate: Mapping[str, Any]) -> str:
        """Why a candidate cannot be evaluated; empty if it can. Cheap."""
        ...

    def chance_error(self) -> float | None:
        """Error of guessing; None if it is not known."""
        ...

    def last_epoch(self) -> int:
        """Of a full training."""
        ...

    def listed(self, space: Space) -> Array | None:
        """Units of all candidates, `(n, d)`, if they are a list rather than a whole space."""
        ...

    def setting(self) -> dict[str, Any]:
        """What measured costs depend on besides the candidate and the device; plain values."""
        ...

    def device_kind(self) -> str | None:
        """The kind of device costs are measured on; None if only a worker can tell."""
        ...

    def faults(self, address: str | None) -> Iterator[Fault]:
        """What stands in the way of searching it here; cheap.

        Args:
            address: of the Ray cluster whose devices count; None for this machine.
        """
        ...

    def about(self) -> list[str]:
        """Lines for people: what is searched, and what must be said of every result."""
        ...


def problem_of(spec: Spec) -> Problem:
    """The problem of a checked spec."""
    return TableProblem(spec) if spec.table is not None else TrainedProblem(spec)
