"""Which repeats of two arms belong together: those of the same seed."""

from __future__ import annotations

from .comparison import Arm, Comparison, Repeat

REFERENCE = "hyperwatt"  # the arm that others are held against, if it is there


def paired(first: Arm, second: Arm) -> list[tuple[Repeat, Repeat]]:
    """Repeats of the seeds that both arms have, in ascending order of the seeds."""
    mine = {repeat.seed: repeat for repeat in first.repeats}
    theirs = {repeat.seed: repeat for repeat in second.repeats}
    return [(mine[seed], theirs[seed]) for seed in sorted(mine.keys() & theirs.keys())]


def reference_arm(comparison: Comparison) -> Arm | None:
    """The arm that others are held against: `hyperwatt`, else the first; None without any."""
    arms = comparison.arms
    known = [arm for arm in arms if arm.variant.strategy == REFERENCE]
    return next(iter((*known, *arms)), None)
