"""The hyper-parameters of training, and what they are when a candidate does not set them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..constraints.errors import NetworkError, did_you_mean

# Goodfellow, Bengio, Courville. Deep Learning, MIT Press 2016, section 8.3.2 (momentum 0.9).
TRAINING_PARAMETERS: Mapping[str, Any] = {
    "learning_rate": 0.01,
    "momentum": 0.9,
    "weight_decay": 0.0,
    "batch_size": 64,
    "optimizer": "sgd",
    "label_smoothing": 0.0,
}
OPTIMIZERS = ("sgd", "adam", "adamw")
RANGES = {  # from the first, which is allowed, up to the second, which is not
    "learning_rate": (0.0, math.inf),
    "momentum": (0.0, 1.0),
    "weight_decay": (0.0, math.inf),
    "batch_size": (1, math.inf),
    "label_smoothing": (0.0, 1.0),
}


@dataclass(frozen=True)
class TrainingParameters:
    """How a network is trained; `momentum` is for `sgd` only."""

    learning_rate: float
    momentum: float
    weight_decay: float
    batch_size: int
    optimizer: str
    label_smoothing: float

    @staticmethod
    def of(config: Mapping[str, Any], batch_size: int) -> TrainingParameters:
        """Those of a candidate; what it does not set takes its default.

        Args:
            config: hyper-parameters; others than ours are left alone.
            batch_size: default of the sweep.

        Raises:
            NetworkError: if the optimiser is unknown, or a number is none or out of its range.
        """
        chosen = {**TRAINING_PARAMETERS, "batch_size": batch_size, **config}
        for name, (low, high) in RANGES.items():
            _check_number(name, chosen[name], low, high)
        if chosen["optimizer"] not in OPTIMIZERS:
            known = did_you_mean(str(chosen["optimizer"]), OPTIMIZERS)
            raise NetworkError(f"no `optimizer` {chosen['optimizer']!r}; {known}")
        return TrainingParameters(
            learning_rate=float(chosen["learning_rate"]),
            momentum=float(chosen["momentum"]),
            weight_decay=float(chosen["weight_decay"]),
            batch_size=int(chosen["batch_size"]),
            optimizer=chosen["optimizer"],
            label_smoothing=float(chosen["label_smoothing"]),
        )


def _check_number(name: str, value: object, low: float, high: float) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not low <= value < high:  # type: ignore[operator]  # it is a number here
        below = "" if high == math.inf else f" and below {high:g}"
        raise NetworkError(f"`{name}` must be a number from {low:g}{below}, got {value!r}")
