"""How far predicted costs were off as runs went on and measured more."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..constraints.metrics import METRICS
from .account import Accounts
from .report_table import Table

TITLE = "Errors of predictions, by measurements so far"
FROM = (0, 10, 20, 40, 80, 160, 320)  # measurements at which a window begins
NOTE = (
    "What was predicted of a candidate when it was chosen, against what its own probe measured "
    "then: median of the sizes of the relative errors, with the middle half of the signed ones "
    "(above 0: predicted too high) and how many there are, over all runs. Columns are windows of "
    "the candidates measured before. The candidates are those that the search chose, no sample of "
    "the space."
)


def errors_frame(accounts: Accounts) -> pd.DataFrame:
    """All predictions that were measured, one a row, for a file or a plot.

    Returns:
        The columns of `prediction_errors`, with `strategy`, `seed` and `window` (the number of
        measurements at which it begins).
    """
    frames = [
        run.errors.assign(strategy=name, seed=run.seed)
        for name, runs in accounts.items()
        for run in runs
        if not run.errors.empty
    ]
    if not frames:
        return pd.DataFrame()
    frame = pd.concat(frames, ignore_index=True)
    return frame.assign(window=frame["measurements"].map(window_of))


def window_of(measurements: int) -> int:
    """Where the window of so many measurements begins.

    >>> window_of(9), window_of(10), window_of(5000)
    (0, 10, 320)
    """
    return max(start for start in FROM if start <= measurements)


def errors_table(accounts: Accounts) -> Table:
    """One row a strategy and metric; raw, one row a prediction."""
    frame = errors_frame(accounts)
    if frame.empty:
        return Table(TITLE, frame, pd.DataFrame(), NOTE)
    windows = sorted(frame["window"].unique())
    rows = [
        {"strategy": name, "metric": METRICS[str(metric)].short}
        | {window_label(start): _cell(part[part["window"] == start]) for start in windows}
        for (name, metric), part in frame.groupby(["strategy", "metric"], sort=False)
    ]
    return Table(TITLE, frame, pd.DataFrame(rows), NOTE)


def window_label(start: int) -> str:
    """A window for people.

    >>> window_label(10), window_label(320)
    ('10 to 19', 'from 320')
    """
    later: Sequence[int] = [other for other in FROM if other > start]
    return f"{start} to {later[0] - 1}" if later else f"from {start}"


def _cell(part: pd.DataFrame) -> str:
    if part.empty:
        return "none"
    signed = part["relative_error"]
    low, high = signed.quantile(0.25), signed.quantile(0.75)
    return f"{signed.abs().median():.1%} ({low:+.1%} to {high:+.1%}; {len(part)})"
