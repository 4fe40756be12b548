"""The tables of accounts, of one run or of many: device use, violations, rejections, errors."""

from __future__ import annotations

from ..orchestrator.plan import Plan
from ..orchestrator.state import State
from .account import Accounts, account_of
from .error_table import errors_table
from .refusal_table import refusals_table
from .report_table import Table, with_rows
from .use_table import use_table
from .violation_table import violations_table


def account_tables(accounts: Accounts) -> list[Table]:
    """All that have rows."""
    made = (use_table, violations_table, refusals_table, errors_table)
    return with_rows([make(accounts) for make in made])


def run_tables(plan: Plan, state: State) -> list[Table]:
    """Those of one run, finished or not."""
    return account_tables({plan.strategy.name: [account_of(plan, state)]})
