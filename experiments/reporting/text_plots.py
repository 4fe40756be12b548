"""Small plots for a terminal."""

from __future__ import annotations

import numpy as np

from ...constraints.domains import Array
from ..curves import Curve
from ..quality import Quality

WIDTH = 48  # columns; fits a terminal of 80 with what stands beside
STEPS = "▁▂▃▄▅▆▇█"


def sparkline(values: Array) -> str:
    """Values as bars of eight heights; what is not finite is blank, what is constant is low.

    >>> sparkline(np.array([np.nan, 3.0, 2.0, 1.0]))
    ' █▅▁'
    """
    finite = np.isfinite(values)
    known = values[finite].astype(np.float64)
    bars = np.full(len(values), " ")
    if len(known):
        span = float(np.ptp(known)) or 1.0
        heights = (known - known.min()) / span * (len(STEPS) - 1)
        bars[finite] = np.array(list(STEPS))[heights.round().astype(int)]
    return "".join(bars)


def incumbent_lines(curve: Curve, quality: Quality) -> list[str]:
    """The best so far along trainings and along time; nothing while nothing feasible is known."""
    if not np.isfinite(curve.best).any():
        return []
    ends = {"trainings": (curve.trainings[-1], ""), "minutes": (curve.times_s[-1] / 60, " min")}
    lines = []
    for name, (end, unit) in ends.items():
        grid = np.linspace(0, end, WIDTH)
        best = curve.at_training(grid) if name == "trainings" else curve.at_time(60 * grid)
        lines.append(f"{name:<9} 0 {sparkline(quality.value(best))} {end:.3g}{unit}")
    first = float(curve.best[np.isfinite(curve.best)][0])
    return [*lines, f"first {quality.show(first)}, now {quality.show(float(curve.best[-1]))}"]


def share_line(share: float, allowed: float | None = None) -> str:
    """A share as a bar, with a mark where it should end.

    >>> share_line(0.5)[:12], "|" in share_line(0.02, 0.05)
    ('████████████', True)
    """
    filled = round(min(max(share, 0.0), 1.0) * WIDTH)
    cells = ["█"] * filled + ["·"] * (WIDTH - filled)
    if allowed is not None:
        cells[min(WIDTH - 1, round(allowed * WIDTH))] = "|"
    return "".join(cells)
