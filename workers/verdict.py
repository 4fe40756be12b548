"""Whether measured costs keep within their bounds.

A value that lies next to its bound is measured once more, for longer; then it decides as it is and
the verdict says that it was borderline.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
        borderline: whether a value lay so near its bound that it was measured again.
    """

    measurements: tuple[Measurement, ...]
    broken: tuple[str, ...]
    borderline: bool


def is_near(measurement: Measurement, bound: float) -> bool:
    """Whether a longer window could change on which side of `bound` the value lies.

    >>> is_near(Measurement("latency_s", 1.01, 0.0, 9, "median", "cpu:x"), bound=1.0)
    True
    >>> is_near(Measurement("latency_s", 1.05, 0.01, 9, "median", "cpu:x"), bound=1.0)
    False
    """
    margin = max(NEAR * abs(bound), STANDARD_ERRORS * measurement.standard_error)
    return abs(measurement.value - bound) <= margin


def judge(
    measurements: Mapping[str, Measurement],
    bounds: Mapping[str, float],
    measure_again: Callable[[str], Measurement],
) -> Verdict:
    """Compare what was measured with upper bounds.

    Args:
        measurements: by metric.
        bounds: by metric, in its unit; a metric without measurement is not judged.
        measure_again: measures a metric for longer.
    """
    final = dict(measurements)
    near = [m for m, bound in bounds.items() if m in final and is_near(final[m], bound)]
    for metric in near:
        final[metric] = measure_again(metric)
    broken = tuple(m for m, bound in bounds.items() if m in final and final[m].value > bound)
    return Verdict(tuple(final.values()), broken, bool(near))
