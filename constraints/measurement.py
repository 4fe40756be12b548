"""What one candidate cost on one device, and how we know."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

EXCLUSIVE = "exclusive"
SHARED = "shared"
SIMULATED = "simulated"
REPLAYED = "replayed"

THROTTLED = "throttled"  # heat or a power brake held the clock back
UNSTEADY = "unsteady"  # repetitions on a GPU scatter by more than a tenth
IMPRECISE = "imprecise"  # the longest window was over before the value was sure enough
POWER_CAPPED = "power capped"  # at its limit, as the network has it: a true cost
COUNTER_DOUBTED = "counter doubted"  # the energy counter was at odds with the power shown
MISLEADING = frozenset({THROTTLED, UNSTEADY})


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
        attribution: `exclusive`, `shared` when others used the device meanwhile, `simulated` or
            `replayed` when no device was read at all.
        flags: what is to be known about the value: `throttled`, `unsteady`, `imprecise`, ...
        noted: further figures of the same window by name, with the unit as suffix (`idle_w`).
    """

    metric: str
    value: float
    standard_error: float
    samples: int
    method: str
    device: str
    attribution: str = EXCLUSIVE
    flags: tuple[str, ...] = ()
    noted: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not math.isfinite(self.value) or self.value < 0:
            raise ValueError(f"`{self.metric}` must be finite and not negative, got {self.value}")

    def teaches(self) -> bool:
        """Whether a predictor may learn from it, and a verdict rest on it.

        The allocator's count is our own, shared or not.

        >>> Measurement("latency_s", 1.0, 0.0, 5, "median", "cpu:x", SHARED).teaches()
        False
        """
        if self.metric.endswith("memory_bytes"):
            return True
        return self.attribution != SHARED and not MISLEADING & set(self.flags)

    def to_dict(self) -> dict[str, Any]:
        """As a plain dict, for the border to Ray and the journal."""
        return {**asdict(self), "flags": list(self.flags)}

    @staticmethod
    def from_dict(row: Mapping[str, Any]) -> Measurement:
        """Back from `to_dict`; rows of earlier versions lack flags and notes."""
        return Measurement(**{**row, "flags": tuple(row.get("flags", ()))})
