"""Which metric candidates were rejected by before dispatch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd

from ..constraints.metrics import METRICS
from .account import Account, Accounts
from .refusals import Refusals
from .report_table import Table, sentences
from .use_table import made_up, spread

TITLE = "Rejected before dispatch, by metric"
NOTE = (
    "Candidates that the strategy wanted and the gate refused, by the metric that was predicted "
    "over its bound, margin included; a run's mean, with the standard deviation and, from five "
    "runs on, the bootstrap 95 % interval. One that breaks two metrics counts for both; `alone` "
    "are those that break no other. `withdrawn` were admitted at first."
)


def refusals_table(accounts: Accounts) -> Table:
    """One row a strategy and metric; raw, one row a strategy, run and metric."""
    raw = [
        {"strategy": name, "seed": run.seed} | asdict(one)
        for name, runs in accounts.items()
        for run in runs
        for one in run.refusals
    ]
    rows = [row for name, runs in accounts.items() for row in _rows(name, runs)]
    return Table(TITLE, pd.DataFrame(raw), pd.DataFrame(rows), sentences(NOTE, made_up(accounts)))


def _rows(name: str, runs: Sequence[Account]) -> list[dict[str, str]]:
    by_metric: dict[str, list[Refusals]] = {}
    for run in runs:
        for one in run.refusals:
            by_metric.setdefault(one.metric, []).append(one)
    return [
        {
            "strategy": name,
            "metric": METRICS[metric].short,
            "rejections": spread([one.rejections for one in found]),
            "alone": spread([one.alone for one in found]),
            "furthest over": spread([one.worst for one in found]),
            "withdrawn": spread([one.withdrawn for one in found]),
            "runs": str(len(found)),
        }
        for metric, found in by_metric.items()
    ]
