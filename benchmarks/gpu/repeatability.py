"""The same network ten times, each time built anew in a new process: how far do values scatter?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from hyperwatt.constraints.measurement import Measurement

from .chunk import Bench, Finding, done, shown
from .held_out_networks import held_out_networks
from .measured_network import INFERENCE, measure, values_of
from .random_networks import random_networks
from .subject import Subject

REPEATS, QUICK_REPEATS = 10, 3
GOALS = {"power_w": 0.02, "memory_bytes": 0.01, "latency_s": 0.03}
LONG_S = 1e-3  # the goal of latency is for networks above


class Repeatability:
    """See `Chunk`."""

    name = "repeatability"
    title = "The same network again and again, built anew each time"

    def hindrance(self, bench: Bench) -> str:
        """None."""
        return ""

    def pieces(self, bench: Bench) -> Sequence[str]:
        """One a repeat."""
        return [str(k) for k in range(QUICK_REPEATS if bench.quick else REPEATS)]

    def run(self, bench: Bench, piece: str) -> dict[str, Any]:
        """Measure it once."""
        return measure(bench, subject_of(bench), INFERENCE, seed=int(piece))

    def findings(self, bench: Bench) -> list[Finding]:
        """The coefficient of variation of each metric."""
        pieces = list(done(bench, self).values())
        return [_finding(bench, metric, pieces) for metric in INFERENCE] if pieces else []


def subject_of(bench: Bench) -> Subject:
    """A network that takes more than a millisecond on a data-centre GPU."""
    return random_networks(quick=True)[0] if bench.quick else held_out_networks()[-1]


def _finding(bench: Bench, metric: str, pieces: Sequence[dict[str, Any]]) -> Finding:
    values = [value for value in (values_of(piece, metric) for piece in pieces) if value]
    what = f"{metric} of {pieces[0]['subject']['name']}, {len(values)} times"
    if len(values) < 2:
        return Finding(what, _why_not(metric, pieces))
    variation, mean = variation_of(values)
    flagged = sum(bool(value.flags) for value in values)
    said = f"{100 * variation:.2f} % of {shown(metric, mean)}"
    said += f", {flagged} flagged" if flagged else ""
    goal = GOALS.get(metric)
    if goal is None:
        return Finding(what, said)
    if metric == "latency_s" and mean < LONG_S:
        return Finding(what, said, "3 % above 1 ms, which it is not")
    return Finding(what, said, f"{100 * goal:g} %", variation <= goal if bench.telling else None)


def variation_of(values: Sequence[Measurement]) -> tuple[float, float]:
    """Standard deviation over mean, and the mean."""
    numbers = np.array([value.value for value in values])
    mean = float(numbers.mean())
    return float(numbers.std(ddof=1)) / mean if mean else 0.0, mean


def _why_not(metric: str, pieces: Sequence[dict[str, Any]]) -> str:
    reasons = [piece["absent"][metric] for piece in pieces if metric in piece["absent"]]
    return f"not measured: {reasons[0]}" if reasons else "measured less than twice"
