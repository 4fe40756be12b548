"""What a sweep wants: objectives to improve and constraints to keep."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .metrics import METRICS, as_loss
from .units import format_quantity


@dataclass(frozen=True)
class Objective:
    """A metric to minimise, or to maximise."""

    metric: str
    maximise: bool = False

    @staticmethod
    def natural(metric: str) -> Objective:
        """A metric in its own direction: less of an error, more of an accuracy.

        >>> Objective.natural("accuracy").maximise
        True
        """
        return Objective(metric, metric in METRICS and METRICS[metric].maximise)

    def loss(self, value: float) -> float:
        """A value as something of which less is better.

        >>> Objective("error", maximise=True).loss(0.9)
        -0.9
        """
        return -value if self.maximise else value

    def value(self, loss: float) -> float:
        """The value of a loss.

        >>> Objective("accuracy", maximise=True).value(-0.9)
        0.9
        """
        return -loss if self.maximise else loss

    def __str__(self) -> str:
        return f"{'most' if self.maximise else 'least'} {METRICS[self.metric].short}"


@dataclass(frozen=True)
class Constraint:
    """A metric and the worst it may be: the most of a cost or an error, the least of an accuracy.

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

        >>> Constraint("latency_s", 0.02).allows(0.02), Constraint("accuracy", 0.9).allows(0.8)
        (True, False)
        """
        return self.loss(value) <= self.loss(self.bound)

    def loss(self, value: float) -> float:
        """A value as something that may be at most the loss of the bound."""
        return as_loss(self.metric, value)

    def miss(self, value: float) -> float:
        """By which factor a value lies beyond the bound; 1 is on it.

        >>> Constraint("latency_s", 0.02).miss(0.03), Constraint("accuracy", 0.9).miss(0.6)
        (1.5, 1.5)
        """
        most, least = (self.bound, value) if self._at_least else (value, self.bound)
        return most / least if least else math.inf

    @property
    def _at_least(self) -> bool:
        return self.metric in METRICS and METRICS[self.metric].maximise

    def __str__(self) -> str:
        metric = METRICS[self.metric]
        sign = ">=" if self._at_least else "<="
        return f"{metric.short} {sign} {format_quantity(self.bound, metric.unit)}"
