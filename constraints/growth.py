"""When to make a slow choice anew while rows come in: each time they have grown by a fifth."""

from __future__ import annotations

# At half the growth twice as many slow fits, at double a choice is up to a third of the rows old.
REFIT_GROWTH = 1.2


def refit_at(count: int, growth: float = REFIT_GROWTH) -> int:
    """How many of the first rows the choice rests on; it depends on nothing else.

    Args:
        count: of rows.
        growth: after which the choice is made anew, above 1.

    >>> [refit_at(n) for n in (1, 5, 6, 7, 20, 22, 23)]
    [1, 5, 6, 7, 19, 22, 22]
    """
    fitted = 1
    while (following := max(fitted + 1, int(fitted * growth))) <= count:
        fitted = following
    return fitted
