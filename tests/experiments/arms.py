"""Comparisons of made-up curves, for tests that need no run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import SimpleNamespace

import numpy as np

from hyperwatt.constraints.objective import Objective
from hyperwatt.experiments.comparison import Arm, Comparison, Repeat
from hyperwatt.experiments.curves import Curve
from hyperwatt.experiments.protocol import Variant
from hyperwatt.experiments.quality import Quality

NAN = float("nan")


def curve(best: Sequence[float], step_s: float = 10.0) -> Curve:
    """The best losses after each training, `step_s` seconds apart; nothing is known before."""
    count = np.arange(len(best) + 1, dtype=np.float64)
    return Curve(count, step_s * count, np.array([NAN, *best]), count)


def compared(arms: Mapping[str, Mapping[int, Curve]], *objectives: Objective) -> Comparison:
    """Arms by strategy, their curves by seed; an error is minimised if no objective is named."""
    goals = objectives or (Objective("error"),)
    quality = Quality(goals, np.zeros(len(goals)), np.ones(len(goals)))
    made = [
        Arm(Variant(name), [Repeat(seed, None, one, None) for seed, one in curves.items()])  # type: ignore[arg-type]
        for name, curves in arms.items()
    ]
    spec = SimpleNamespace(device="cpu", name="made up")
    return Comparison(spec, made, quality, True)  # type: ignore[arg-type]
