"""How much sooner one search is than another: paired ratios, and what can be said of them.

Every convention is against the search that is praised. A value that it never reached counts as a
speed-up of 0. Where the other found nothing feasible at all, its whole running time is taken for
the time to its best, which is a lower bound of the ratio.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from .bootstrap import median_interval
from .curves import Curve


@dataclass(frozen=True)
class Ratio:
    """A ratio over paired repeats.

    Attributes:
        median: of the pairs; NaN without any.
        low, high: bootstrap interval of the median at 95 %; NaN with fewer than five pairs.
        pairs: repeats it is made of.
        never: pairs in which the praised search never got there.
        bounds: pairs in which the other found nothing, so that the ratio is a lower bound.
    """

    median: float
    low: float
    high: float
    pairs: int
    never: int = 0
    bounds: int = 0

    def __str__(self) -> str:
        if not self.pairs:
            return "none"
        spread = "" if np.isnan(self.low) else f" [{self.low:.3g}, {self.high:.3g}]"
        return f"{self.median:.3g}{spread}"


@dataclass(frozen=True)
class Ratios:
    """How one search compares with another that it is praised over.

    Attributes:
        looked_at: candidates, for each of the other's.
        as_many: times sooner it had looked at as many.
        as_good: times sooner it was as good as the other's best.
        trainings: the same, in trainings instead of seconds.
    """

    looked_at: Ratio
    as_many: Ratio
    as_good: Ratio
    trainings: Ratio

    @staticmethod
    def of(default: Sequence[Curve], praised: Sequence[Curve]) -> Ratios:
        """Of curves of the same seeds, in the same order."""
        return Ratios(
            samples_ratio(default, praised),
            speedup_to_samples(default, praised),
            speedup_to_best(default, praised),
            trainings_to_best(default, praised),
        )

    def cells(self) -> dict[str, object]:
        """For people."""
        return {
            "looked at": str(self.looked_at),
            "sooner, as many": str(self.as_many),
            "sooner, as good": str(self.as_good),
            "fewer trainings": str(self.trainings),
            "pairs": self.as_good.pairs,
            "never reached": self.as_good.never,
            "lower bounds": self.as_good.bounds,
        }

    def rows(self) -> list[dict[str, object]]:
        """Raw, one a ratio; dimensionless."""
        return [{"ratio": name, **asdict(getattr(self, name))}
                for name in ("looked_at", "as_many", "as_good", "trainings")]  # fmt: skip


def speedup_to_best(default: Sequence[Curve], praised: Sequence[Curve]) -> Ratio:
    """Time until `default` had its own best value, over the time until `praised` had it.

    Args:
        default: curves of the repeats.
        praised: curves of the same seeds, in the same order.
    """
    ratios, bounds = [], 0
    for before, after in zip(default, praised, strict=True):
        best = before.best[-1]
        found = not np.isnan(best)
        own_s = before.time_to(best) if found else float(before.times_s[-1])
        reached_s = after.time_to(best if found else np.inf)
        if not found and np.isinf(reached_s):
            continue  # neither found anything
        bounds += not found
        ratios.append(own_s / reached_s)
    return _ratio(ratios, bounds)


def speedup_to_samples(default: Sequence[Curve], praised: Sequence[Curve]) -> Ratio:
    """Time until `default` had looked at all its candidates, over that of `praised` for as many."""
    ratios = []
    for before, after in zip(default, praised, strict=True):
        count = before.samples[-1]
        if count:
            ratios.append(before.time_to_samples(count) / after.time_to_samples(count))
    return _ratio(ratios, 0)


def samples_ratio(default: Sequence[Curve], praised: Sequence[Curve]) -> Ratio:
    """Candidates that `praised` looked at in all, for each of `default`."""
    pairs = zip(default, praised, strict=True)
    return _ratio([a.samples[-1] / b.samples[-1] for b, a in pairs if b.samples[-1]], 0)


def trainings_to_best(default: Sequence[Curve], praised: Sequence[Curve]) -> Ratio:
    """As `speedup_to_best`, in trainings dispatched instead of seconds."""
    counted = [
        [Curve(c.trainings, c.trainings, c.best, c.samples) for c in curves]
        for curves in (default, praised)
    ]
    return speedup_to_best(counted[0], counted[1])


def _ratio(ratios: Sequence[float], bounds: int) -> Ratio:
    values = np.array(ratios, dtype=np.float64)
    if not len(values):
        return Ratio(np.nan, np.nan, np.nan, 0)
    low, high = median_interval(values)
    never = int((values == 0).sum())
    return Ratio(float(np.median(values)), low, high, len(values), never, bounds)
