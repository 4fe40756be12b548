"""How often what was dispatched broke the budget, against what was promised."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from .account import Accounts
from .report_table import Table, sentences
from .use_table import made_up
from .violations import Violations, pooled

TITLE = "Violations among dispatched trainings"
NOTE = (
    "Over the budget as measured, of all trainings that were dispatched by prediction (or without "
    "any) and whose costs are known; trainings of what a probe had found inside are not among "
    "them. Pooled over the runs, with the exact binomial 95 % interval; attempts of one search "
    "depend on each other, so that it is a guide. A promise is of the long run: `bound` is the "
    "most that so few attempts may have had under it, whatever the predictors."
)


def violations_table(accounts: Accounts) -> Table:
    """One row a strategy; raw, one row a strategy and run."""
    known = {
        name: [(run.seed, run.violations) for run in runs if run.violations is not None]
        for name, runs in accounts.items()
    }
    raw = [_raw(name, seed, one) for name, runs in known.items() for seed, one in runs]
    rows = [_row(name, [one for _, one in runs]) for name, runs in known.items() if runs]
    note = sentences(NOTE, made_up(accounts))
    return Table(TITLE, pd.DataFrame(raw), pd.DataFrame(rows), note)


def judged(together: Violations) -> str:
    """What may be said of a promise, in words."""
    if together.alpha is None:
        return "none made"
    if not together.attempts:
        return "nothing attempted"
    low, high = together.interval
    if high <= together.alpha:
        return "kept"
    if low <= together.alpha:
        return "not contradicted"
    return "so far above it, within the bound" if _excused(together) else "broken"


def _excused(together: Violations) -> bool:
    rate, bound = together.rate, together.bound
    return rate is not None and bound is not None and rate <= bound


def _raw(name: str, seed: int, one: Violations) -> dict[str, object]:
    low, high = one.interval
    return {
        "strategy": name,
        "seed": seed,
        "promised_share": _number(one.alpha),
        "attempts": one.attempts,
        "broken": one.broken,
        "broken_share": _number(one.rate),
        "share_low": low,
        "share_high": high,
        "bound_share": _number(one.bound),
    }


def _row(name: str, runs: Sequence[Violations]) -> dict[str, str]:
    together = pooled(runs)
    low, high = together.interval
    rates = [run.rate for run in runs if run.rate is not None]
    return {
        "strategy": name,
        "runs": str(len(runs)),
        "attempts": str(together.attempts),
        "over the budget": str(together.broken),
        "share": _percent(together.rate) + (f" [{low:.1%}, {high:.1%}]" if rates else ""),
        "worst run": _percent(max(rates, default=None)),
        "promised at most": "-" if together.alpha is None else f"{together.alpha:.0%}",
        "bound": "-" if together.bound is None else f"{together.bound:.0%}",
        "promise": judged(together),
    }


def _percent(share: float | None) -> str:
    return "none tried" if share is None else f"{share:.1%}"


def _number(share: float | None) -> float:
    return float("nan") if share is None else share
