"""What one candidate cost on one device, and how we know."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

EXCLUSIVE = "exclusive"
SHARED = "shared"


@dataclass(frozen=True)
class Measurement:
    """One measured cost.

    Attributes:
        metric: full name (`latency_s`); gives the unit.
        value: in the unit of the metric; finite, not negative.
        standard_error: of `value`, same unit; 0 for an exact count.
        samples: how many readings `value` is made of.
        method: how it was read (`median wall time`, `allocator events`, ...).
        device: kind of the device (`cpu:...`); values of two kinds are never mixed.
        attribution: `exclusive`, or `shared` when others used the device meanwhile.
    """

    metric: str
    value: float
    standard_error: float
    samples: int
    method: str
    device: str
    attribution: str = EXCLUSIVE

    def __post_init__(self) -> None:
        if not math.isfinite(self.value) or self.value < 0:
            raise ValueError(f"`{self.metric}` must be finite and not negative, got {self.value}")

    def teaches(self) -> bool:
        """Whether a predictor may learn from it (the allocator's count is our own, shared or not).

        >>> Measurement("latency_s", 1.0, 0.0, 5, "median", "cpu:x", SHARED).teaches()
        False
        """
        return self.attribution == EXCLUSIVE or self.metric.endswith("memory_bytes")

    def to_dict(self) -> dict[str, Any]:
        """As a plain dict, for the border to Ray and the journal."""
        return asdict(self)

    @staticmethod
    def from_dict(row: Mapping[str, Any]) -> Measurement:
        """Back from `to_dict`."""
        return Measurement(**row)
