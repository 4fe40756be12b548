"""Whether measured costs keep within their bounds.

A value that lies next to its bound is measured once more, for longer; then it decides as it is and
the verdict says that it was borderline. So is one that was spoiled, by another process on the
device or by heat; spoiled twice, it decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ..constraints.measurement import Measurement

# Two timings of one network on a quiet CPU differ by about 1 %. At half, noise after a short window
# decides some verdicts; at double, twice as many candidates pay for a longer one.
NEAR = 0.02
STANDARD_ERRORS = 2.0


@dataclass(frozen=True)
class Verdict:
    """What a probe decided.

    Attributes:
        measurements: the final ones, one a metric.
        broken: metrics measured over their bound.
        borderline: whether a value was measured again: it lay next to its bound, or was spoiled.
    """

    measurements: tuple[Measurement, ...]
    broken: tuple[str, ...]
    borderline: bool


def is_unsettled(measurement: Measurement, bound: float) -> bool:
    """Whether measuring again could change on which side of `bound` the value lies.

    >>> is_unsettled(Measurement("latency_s", 1.01, 0.0, 9, "median", "cpu:x"), bound=1.0)
    True
    >>> is_unsettled(Measurement("latency_s", 1.05, 0.01, 9, "median", "cpu:x"), bound=1.0)
    False
    """
    if not measurement.teaches():
        return True
    margin = max(NEAR * abs(bound), STANDARD_ERRORS * measurement.standard_error)
    return abs(measurement.value - bound) <= margin


def judge(
    measurements: Mapping[str, Measurement],
    bounds: Mapping[str, float],
    measure_again: Callable[[Sequence[str]], Mapping[str, Measurement]],
) -> Verdict:
    """Compare what was measured with upper bounds.

    Args:
        measurements: by metric.
        bounds: by metric, in its unit; a metric without measurement is not judged.
        measure_again: measures metrics for longer.
    """
    judged = [metric for metric in bounds if metric in measurements]
    near = [m for m in judged if is_unsettled(measurements[m], bounds[m])]
    again = measure_again(near) if near else {}
    better = {m: a for m, a in again.items() if a.teaches() or not measurements[m].teaches()}
    final = {**measurements, **better}
    broken = tuple(m for m in judged if final[m].value > bounds[m] and final[m].teaches())
    return Verdict(tuple(final.values()), broken, bool(near))
