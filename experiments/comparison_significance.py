"""Whether the reference strategy is better than each other, or whether it may be chance.

Held against each other at the most trainings and at the longest time that all runs reached, over
the seeds that both have. All tests of the table are one family, corrected together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..constraints.domains import Array
from .bootstrap import LEAST_REPEATS, median_interval, middle
from .common_seeds import paired, reference_arm
from .comparison import Arm, Comparison
from .comparison_best import Axis, Moment, moments
from .quality import Quality
from .report_table import Table
from .significance import ALPHA, holm, leaning, repeats_needed, signed_rank_p

AXES: tuple[Axis, ...] = ("trainings", "time")


@dataclass(frozen=True, eq=False)
class Contest:
    """The reference against one other at one moment.

    Attributes:
        other: who.
        moment: when.
        advantage: `(n,)`, by pair, how much better the reference is; in the unit of the objective
            (or of the hypervolume); infinite where only one of the two had found anything
            feasible, 0 where neither had.
        p: two-sided, not corrected; NaN without pairs.
    """

    other: str
    moment: Moment
    advantage: Array
    p: float

    @staticmethod
    def of(reference: Arm, other: Arm, moment: Moment) -> Contest:
        """Over the seeds that both have."""
        pairs = paired(reference, other)
        mine = moment.losses([first.curve for first, _ in pairs])
        theirs = moment.losses([second.curve for _, second in pairs])
        advantage = advantages(mine, theirs)
        return Contest(other.name, moment, advantage, signed_rank_p(advantage))


def advantages(mine: Array, theirs: Array) -> Array:
    """How much less each loss is than its counterpart; NaN is worse than any.

    >>> advantages(np.array([0.1, 0.2, np.nan, np.nan]), np.array([0.3, np.nan, 0.1, np.nan]))
    array([ 0.2,  inf, -inf,  0. ])
    """
    mine, theirs = (np.where(np.isnan(losses), np.inf, losses) for losses in (mine, theirs))
    neither = np.isinf(mine) & np.isinf(theirs)
    return np.asarray(np.where(neither, 0.0, theirs) - np.where(neither, 0.0, mine))


def significance_table(comparison: Comparison) -> Table:
    """One row an other strategy and moment; without rows for a single arm."""
    reference = reference_arm(comparison)
    if reference is None:
        return Table("Better, or chance", pd.DataFrame(), pd.DataFrame())
    ends = [moments(comparison, axis)[-1:] for axis in AXES]
    contests = [
        Contest.of(reference, arm, moment)
        for moment in (moment for end in ends for moment in end)
        for arm in comparison.arms
        if arm is not reference
    ]
    tests = sum(not np.isnan(contest.p) for contest in contests)
    corrected = _corrected(contests)
    raw = [_raw(reference.name, c, p) for c, p in zip(contests, corrected, strict=True)]
    quality = comparison.quality
    rows = [_row(c, p, quality, tests) for c, p in zip(contests, corrected, strict=True)]
    title = f"Whether {reference.name} is better than the others, or by chance"
    return Table(title, pd.DataFrame(raw), pd.DataFrame(rows), _note(reference.name, tests))


def verdict(contest: Contest, corrected: float, tests: int) -> str:
    """What may be claimed, in words.

    Args:
        contest: of the reference and another.
        corrected: its probability after the correction.
        tests: that were corrected together.
    """
    pairs = len(contest.advantage)
    if pairs < LEAST_REPEATS:
        least = max(LEAST_REPEATS, repeats_needed(tests))
        return f"no claim: {pairs} of the {least} repeats that are needed at least"
    if pairs < repeats_needed(tests):
        return f"no claim: {pairs} repeats cannot show it, {repeats_needed(tests)} could"
    if corrected >= ALPHA:
        return "no difference shown"
    return "better" if leaning(contest.advantage) > 0 else "worse"


def _corrected(contests: Sequence[Contest]) -> list[float]:
    """After Holm, over all that have a probability."""
    known = [row for row, contest in enumerate(contests) if not np.isnan(contest.p)]
    corrected = [float("nan")] * len(contests)
    for row, p in zip(known, holm([contests[row].p for row in known]), strict=True):
        corrected[row] = float(p)
    return corrected


def _counts(contest: Contest) -> dict[str, int]:
    return {
        "wins": int((contest.advantage > 0).sum()),
        "ties": int((contest.advantage == 0).sum()),
        "losses": int((contest.advantage < 0).sum()),
    }


def _effect(contest: Contest) -> tuple[float, float, float]:
    """Median advantage with its interval; NaN without pairs."""
    if not len(contest.advantage):
        return np.nan, np.nan, np.nan
    return (float(middle(contest.advantage)), *median_interval(contest.advantage))


def _raw(reference: str, contest: Contest, corrected: float) -> dict[str, object]:
    median, low, high = _effect(contest)
    return {
        "reference": reference,
        "other": contest.other,
        "after": contest.moment.axis,
        "at": contest.moment.at,
        "pairs": len(contest.advantage),
        **_counts(contest),
        "median_advantage": median,
        "advantage_low": low,
        "advantage_high": high,
        "p": contest.p,
        "p_corrected": corrected,
    }


def _row(contest: Contest, corrected: float, quality: Quality, tests: int) -> dict[str, str]:
    median, low, high = (_advantage(value, quality) for value in _effect(contest))
    interval = f" [{low}, {high}]" if low else ""
    return {
        "against": contest.other,
        "after": str(contest.moment),
        "pairs": str(len(contest.advantage)),
        "won / tied / lost": " / ".join(map(str, _counts(contest).values())),
        "better by": (median or "none") + interval,
        "p": _p(contest.p),
        "p, corrected": _p(corrected),
        "verdict": verdict(contest, corrected, tests),
    }


def _advantage(value: float, quality: Quality) -> str:
    """For people; empty if not known."""
    if np.isnan(value):
        return ""
    if np.isinf(value):
        return "only it found any" if value > 0 else "only the other found any"
    sign = "+" if value > 0 else ""
    return sign + quality.show_spread(value).replace("%", " points")


def _p(value: float) -> str:
    return "none" if np.isnan(value) else f"{value:.2g}"


def _note(reference: str, tests: int) -> str:
    return (
        f"How much better {reference} is, in the objective's own unit (percentage points of an "
        "error): the median over pairs of equal seed, with its bootstrap 95 % interval from five "
        "pairs on. A run without a feasible network is worse than any that has one. The "
        "probability is that of Wilcoxon's signed-rank test, two-sided and exact, corrected after "
        f"Holm for the {tests} tests of this table. All pairs won in n repeats give no less than "
        f"2 / 2^n before the correction (0.0625 in five), so that {repeats_needed(tests)} repeats "
        "are the fewest that could show anything here."
    )
