"""What runs took of their devices, and how much of it went into networks that break the budget."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..constraints.units import format_duration, format_quantity
from .account import Account, Accounts
from .bootstrap import mean_interval
from .device_use import OPEN, STARVED, VAIN, Use, total
from .report_table import Table, sentences
from .wording import simulation_line

TITLE, COST = "Device use", ", and what the budget cost"
NOTE = (
    "Means over the runs, with the standard deviation and, from five runs on, the bootstrap 95 % "
    "interval of the mean. Device time is that of probes and epochs, one device a trial; a failed "
    "trial counts from dispatch to end. Energy is the whole device's during the trial; `unknown` "
    "where it could not be read."
)
WASTE = (
    "Wasted is what went into networks over the budget, trained or found out by their probe; what "
    "was measured, untrained, is the price of knowing better."
)


def use_table(accounts: Accounts) -> Table:
    """One row a strategy; raw, one row a strategy, run and use. No budget, no waste."""
    every = [(name, run) for name, runs in accounts.items() for run in runs]
    raw = [_raw(name, run, became) for name, run in every for became in run.uses]
    rows = [_row(name, runs) for name, runs in accounts.items() if _any_trial(runs)]
    budget = any(_has_budget(run) for _, run in every)
    title, note = (TITLE + COST, sentences(NOTE, WASTE)) if budget else (TITLE, NOTE)
    shown = pd.DataFrame(rows)
    return Table(title, pd.DataFrame(raw), shown, sentences(note, made_up(accounts)))


def made_up(accounts: Accounts) -> str:
    """What must be said if a device was not there; empty if all were."""
    devices = sorted({run.device for runs in accounts.values() for run in runs})
    lines = [line for line in map(simulation_line, devices) if line]
    return f"{'; '.join(lines)}." if lines else ""


def _raw(name: str, run: Account, became: str) -> dict[str, object]:
    use = run.uses[became]
    return {
        "strategy": name,
        "seed": run.seed,
        "device": run.device,
        "use": became,
        "wasted": became in VAIN,
        "trials": use.trials,
        "device_s": use.device_s,
        "spent_j": float("nan") if use.spent_j is None else use.spent_j,
        "energy_unread_trials": use.unread,
    }


def _row(name: str, runs: Sequence[Account]) -> dict[str, str]:
    every = [total(list(run.uses.values())) for run in runs]
    row = {"strategy": name, "runs": str(len(runs))}
    for became in runs[0].uses:
        if became not in (OPEN, STARVED) or any(run.uses[became].trials for run in runs):
            row[became] = spread([run.uses[became].trials for run in runs])
    row["device time"] = spread([use.device_s for use in every], "s")
    if not _has_budget(runs[0]):
        return row | {"energy": _energy(every)}
    wasted = [total([run.uses[use] for use in VAIN]) for run in runs]
    return row | {
        "wasted time": spread([use.device_s for use in wasted], "s") + _share(wasted, every),
        "energy": _energy(every),
        "wasted energy": _energy(wasted),
    }


def _has_budget(run: Account) -> bool:
    """Whether waste can be told."""
    return all(use in run.uses for use in VAIN)


def spread(values: Sequence[float], unit: str = "") -> str:
    """Mean, sample standard deviation and interval, for people.

    >>> spread([60.0, 80.0], "s")
    '70 s +- 14.1 s'
    >>> spread([3])
    '3'
    """
    told = [f"{number(sum(values) / len(values), unit)}"]
    if len(values) > 1:
        told.append(f"+- {number(float(pd.Series(values).std(ddof=1)), unit)}")
    low, high = mean_interval([float(value) for value in values])
    if low < high:
        told.append(f"[{number(low, unit)}, {number(high, unit)}]")
    return " ".join(told)


def number(value: float, unit: str) -> str:
    """One number with three digits or so, and its unit.

    >>> number(36000.0, "s")
    '10 h 0 min'
    """
    if unit == "s" and value >= 120:
        return format_duration(value)
    if not unit:
        return f"{value:.1f}".removesuffix(".0")
    return format_quantity(float(f"{value:.3g}"), unit)


def _energy(uses: Sequence[Use]) -> str:
    """Known of every run, or of some trials only, or of none."""
    known = [use.spent_j for use in uses if use.spent_j is not None]
    if len(known) == len(uses):
        return spread(known, "J")
    unread, trials = sum(use.unread for use in uses), sum(use.trials for use in uses)
    if unread == trials:
        return "unknown"
    least = sum(use.known_j for use in uses) / len(uses)
    return f"at least {number(least, 'J')} ({unread} of {trials} trials unknown)"


def _share(wasted: Sequence[Use], every: Sequence[Use]) -> str:
    whole_s = sum(use.device_s for use in every)
    return f" ({sum(use.device_s for use in wasted) / whole_s:.0%})" if whole_s else ""


def _any_trial(runs: Sequence[Account]) -> bool:
    return any(use.trials for run in runs for use in run.uses.values())
