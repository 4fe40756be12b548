"""What a sensor's readings over a window say: energy, power, and how far both can be believed.

Energy is told twice where the sensor allows it: as the difference of its counter, and as the
integral of the power it showed. A counter may be reset, frozen or simply wrong, so it is believed
only when it is possible and agrees with the integral [Zeus181]; the integral only when the window
is covered by readings.

[Zeus181] github.com/ml-energy/zeus/issues/181: 187 J counted where 327 J were drawn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from .sensor import Reading, SensorFacts

Array = npt.NDArray[np.float64]

AT_ODDS = 0.1  # counter against integral; at half, the sensor's own smearing trips it
PLAUSIBLE = 1.5  # times the power limit; more is a glitch
GAP_S = 1.0  # between two readings; a longer one is not bridged
COVERED = 0.9  # of a window, so that its integral counts
# Both ends fall anywhere within a step of the counter: the variance of their difference is a sixth.
STEP_ERROR = 1 / math.sqrt(6)
SLICES = 8  # of a window, for the spread; at half it is itself unsure, at double each is short


@dataclass(frozen=True)
class Drawn:
    """What was drawn in a window.

    Attributes:
        duration_s: of the window.
        energy_j: what is believed.
        standard_error_j: of it: the counter's step and the spread over slices of the window.
        counted_j, shown_j: by the counter, and as integral of power; None where not to be had.
        doubt: why the counter is not believed, if it is there and is not.
        method: of what is believed: `counter` or `gauge`.
        p95_w, peak_w: of the power shown; None if none was.
        coverage: share of the window that readings of power cover.
        samples: readings inside the window, its ends too.
    """

    duration_s: float
    energy_j: float
    standard_error_j: float
    counted_j: float | None
    shown_j: float | None
    doubt: str
    method: str
    p95_w: float | None
    peak_w: float | None
    coverage: float
    samples: int

    @property
    def power_w(self) -> float:
        """Mean of the window."""
        return self.energy_j / self.duration_s


@dataclass(frozen=True)
class Implausible:
    """A window that says nothing, and why."""

    reason: str


def drawn_between(
    readings: Sequence[Reading], facts: SensorFacts, begin_s: float, end_s: float
) -> Drawn | Implausible:
    """What readings say of a window.

    Args:
        readings: in order of time, reaching over both ends.
        facts: of the sensor.
        begin_s: of the window, on the readings' clock.
        end_s: of the window.
    """
    counter, gauge = _series(readings, "energy_j"), _series(readings, "power_w")
    coverage, duration_s = _coverage(gauge[0], begin_s, end_s), end_s - begin_s
    counted = _counted_j(counter, begin_s, end_s)
    shown = integral_j(*gauge, begin_s, end_s) if coverage >= COVERED else None
    not_shown = f"readings of power cover {coverage:.0%} of the window"
    if shown is not None:
        not_shown = _impossible(shown, duration_s, facts, "power shown")
    believed = None if not_shown else shown
    doubt = "" if counted is None else _impossible(counted, duration_s, facts, "energy counter")
    if counted is not None and believed is not None and not doubt:
        doubt = _at_odds(counted, believed)
    counts = counted is not None and not doubt
    energy = counted if counts else believed
    if energy is None:
        return Implausible(f"{doubt or 'it has no energy counter'}, and {not_shown}")
    slices = _counted_slices_w if believed is None else _shown_slices_w
    spread_w = slices(
        counter if believed is None else gauge, np.linspace(begin_s, end_s, SLICES + 1)
    )
    step_j = facts.counter_step_s * energy / duration_s if counts else 0.0
    watts = gauge[1][(gauge[0] >= begin_s) & (gauge[0] <= end_s)]
    return Drawn(
        duration_s=duration_s,
        energy_j=energy,
        standard_error_j=math.hypot(step_j * STEP_ERROR, _error(spread_w) * duration_s),
        counted_j=counted,
        shown_j=shown,
        doubt=doubt,
        method="counter" if counts else "gauge",
        p95_w=float(np.percentile(watts, 95)) if len(watts) else None,
        peak_w=float(watts.max()) if len(watts) else None,
        coverage=coverage,
        samples=sum(begin_s <= reading.time_s <= end_s for reading in readings),
    )


def integral_j(times_s: Array, powers_w: Array, begin_s: float, end_s: float) -> float:
    """Energy between two times, power interpolated linearly, also at both ends.

    >>> integral_j(np.array([0.0, 1.0, 2.0]), np.array([10.0, 10.0, 30.0]), 0.5, 2.0)
    25.0
    """
    inside = (times_s > begin_s) & (times_s < end_s)
    times = np.concatenate([[begin_s], times_s[inside], [end_s]])
    return float(np.trapezoid(np.interp(times, times_s, powers_w), times))


def _series(readings: Sequence[Reading], name: str) -> tuple[Array, Array]:
    """Times and values of the readings that have one."""
    pairs = [(r.time_s, getattr(r, name)) for r in readings if getattr(r, name) is not None]
    values = np.asarray(pairs, dtype=float).reshape(-1, 2)
    return values[:, 0], values[:, 1]


def _coverage(times_s: Array, begin_s: float, end_s: float) -> float:
    """Share of a window in which readings follow each other closely."""
    if len(times_s) < 2:
        return 0.0
    starts, ends = times_s[:-1].clip(begin_s, end_s), times_s[1:].clip(begin_s, end_s)
    close = np.diff(times_s) <= GAP_S
    return float((ends - starts)[close].sum() / (end_s - begin_s))


def _counted_j(counter: tuple[Array, Array], begin_s: float, end_s: float) -> float | None:
    """Difference of the counter; negative if it ever fell."""
    times, energies = counter
    if len(times) < 2 or times[0] > begin_s or times[-1] < end_s:
        return None
    falls = np.diff(energies).min()
    spent = np.interp(end_s, times, energies) - np.interp(begin_s, times, energies)
    return float(min(falls, spent) if falls < 0 else spent)


def _impossible(energy_j: float, duration_s: float, facts: SensorFacts, what: str) -> str:
    if energy_j < 0:
        return f"the {what} fell or was reset"
    if energy_j == 0:
        return f"the {what} stood still at {duration_s:.3g} s of work"
    watts = energy_j / duration_s
    if facts.limit_w is not None and watts > PLAUSIBLE * facts.limit_w:
        return f"the {what} jumped: {watts:.0f} W at a limit of {facts.limit_w:.0f} W"
    return ""


def _at_odds(counted_j: float, shown_j: float) -> str:
    gap = abs(counted_j - shown_j) / max(counted_j, shown_j)
    if gap <= AT_ODDS:
        return ""
    return f"the energy counter says {counted_j:.4g} J, the power shown adds up to {shown_j:.4g} J"


def _counted_slices_w(counter: tuple[Array, Array], edges_s: Array) -> Array:
    """Mean power of slices of a window, from a counter."""
    return np.asarray(np.diff(np.interp(edges_s, *counter)) / np.diff(edges_s))


def _shown_slices_w(gauge: tuple[Array, Array], edges_s: Array) -> Array:
    """Mean power of slices of a window, from power shown."""
    return np.array([integral_j(*gauge, a, b) / (b - a) for a, b in pairwise(edges_s)])


def _error(slices: Array) -> float:
    """Standard error of the mean of slices, each taken as independent."""
    return float(slices.std(ddof=1) / math.sqrt(len(slices)))
