"""The account of one run: what it took, broke, refused and foresaw, without its state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from ..orchestrator.plan import Plan
from ..orchestrator.state import State
from .device_use import Use, uses_of
from .prediction_errors import prediction_errors
from .refusals import Refusals, refusals_of
from .violations import Violations, violations_of


@dataclass(frozen=True, eq=False)
class Account:
    """One run in numbers that add up over runs.

    Attributes:
        seed: of the run.
        device: kind of the device that costs were measured on; empty if nothing was.
        uses: what its trials took, by what became of them.
        violations: of the budget, among what was dispatched; None without a budget.
        refusals: before dispatch, by metric; none without a gate.
        errors: of predictions that were measured; see `prediction_errors.py`.
    """

    seed: int
    device: str
    uses: Mapping[str, Use]
    violations: Violations | None
    refusals: Sequence[Refusals]
    errors: pd.DataFrame


Accounts = Mapping[str, Sequence[Account]]  # by strategy, one a run


def account_of(plan: Plan, state: State) -> Account:
    """The account of a run, finished or not."""
    return Account(
        plan.seed,
        state.costs.device or "",
        uses_of(plan, state),
        violations_of(plan, state),
        refusals_of(plan, state),
        prediction_errors(plan, state),
    )
