"""What a sweep wants: objectives to improve and constraints to keep."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .metrics import METRICS
from .units import format_quantity


@dataclass(frozen=True)
class Objective:
    """A metric to minimise, or to maximise."""

    metric: str
    maximise: bool = False

    def loss(self, value: float) -> float:
        """A value as something of which less is better.

        >>> Objective("error", maximise=True).loss(0.9)
        -0.9
        """
        return -value if self.maximise else value


@dataclass(frozen=True)
class Constraint:
    """A metric and the most it may be.

    Attributes:
        metric: full name.
        bound: in the unit of the metric; a value equal to it is still inside.
        predicted: known cheaply before training (a cost); otherwise seen only by training.
    """

    metric: str
    bound: float
    predicted: bool = True

    def allows(self, value: float) -> bool:
        """Whether a value is inside.

        >>> Constraint("latency_s", 0.02).allows(0.02)
        True
        """
        return value <= self.bound

    def miss(self, value: float) -> float:
        """By which factor a value lies above the bound; 1 is on it.

        >>> Constraint("latency_s", 0.02).miss(0.03)
        1.5
        """
        return value / self.bound if self.bound else math.inf

    def __str__(self) -> str:
        metric = METRICS[self.metric]
        return f"{metric.short} <= {format_quantity(self.bound, metric.unit)}"
