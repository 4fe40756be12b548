from pathlib import Path

import pytest
from fakes import fake_sweep
from hypothesis import given
from hypothesis import strategies as some
from scipy.stats import binomtest

from hyperwatt.experiments.account import Account, account_of
from hyperwatt.experiments.violation_table import judged, violations_table
from hyperwatt.experiments.violations import Violations, clopper_pearson, pooled, violations_of
from hyperwatt.orchestrator.promise_kept import promise_kept


@given(some.integers(0, 40), some.integers(0, 40))
def test_the_interval_is_scipy_s_exact_one(successes: int, failures: int) -> None:
    count = successes + failures
    if not count:
        assert clopper_pearson(0, 0) == (0.0, 1.0)
        return

    theirs = binomtest(successes, count).proportion_ci(method="exact")

    assert clopper_pearson(successes, count) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


@pytest.mark.parametrize(
    ("broken", "attempts", "bound", "says"),
    [
        (0, 20, 0.9, "not contradicted"),
        (0, 200, 0.3, "kept"),
        (30, 100, 0.5, "so far above it, within the bound"),
        (30, 100, 0.2, "broken"),
        (0, 0, None, "nothing attempted"),
    ],
)
def test_a_promise_is_judged_by_the_interval_and_what_was_promised_of_so_few(
    broken: int, attempts: int, bound: float | None, says: str
) -> None:
    assert judged(Violations(attempts, broken, 0.05, bound)) == says


def test_without_a_promise_nothing_is_judged() -> None:
    assert judged(Violations(10, 9)) == "none made"


def test_a_vanilla_strategy_s_violations_are_those_measured(tmp_path: Path) -> None:
    sweep = fake_sweep(tmp_path / "r", "strategy=random")

    found = violations_of(sweep.plan, sweep.state)

    over = [
        t for t in sweep.state.of("train")
        if t.costs and any(not c.allows(t.costs[c.metric].value) for c in sweep.plan.predicted)
    ]  # fmt: skip
    assert found is not None
    assert (found.attempts, found.broken) == (12, len(over))
    assert found.broken > 0
    assert found.alpha is None


def test_a_promise_is_held_against_all_runs_together() -> None:
    found = [Violations(10, 1, 0.05, 0.6), Violations(30, 1, 0.05, 0.2), Violations(0, 0, 0.05, 0)]
    runs = [Account(seed, "", {}, one, (), None) for seed, one in enumerate(found)]  # type: ignore[arg-type]

    table = violations_table({"hyperwatt": runs})

    row = table.shown.iloc[0]
    low, high = clopper_pearson(2, 40)
    assert row["share"] == f"5.0% [{low:.1%}, {high:.1%}]"
    assert (row["worst run"], row["promised at most"], row["bound"]) == ("10.0%", "5%", "30%")
    assert list(table.frame["promised_share"]) == [0.05] * 3
    assert table.frame["broken_share"].isna().tolist() == [False, False, True]


@pytest.mark.slow
def test_a_run_that_promises_is_counted_by_its_promise(tmp_path: Path) -> None:
    sweep = fake_sweep(tmp_path / "r", "strategy=hyperwatt", "limits.trials=1")

    found = violations_of(sweep.plan, sweep.state)
    kept = promise_kept(sweep.plan, sweep.state)

    assert found is not None
    assert kept is not None
    assert (found.attempts, found.alpha, found.bound) == (kept.attempts, 0.05, kept.bound)


def test_without_a_budget_there_is_nothing_to_break(tmp_path: Path) -> None:
    sweep = fake_sweep(tmp_path / "r", "strategy=random", "budget={}")

    assert violations_of(sweep.plan, sweep.state) is None
    assert violations_table({"random": [account_of(sweep.plan, sweep.state)]}).empty


def test_runs_without_an_attempt_weigh_nothing() -> None:
    together = pooled([Violations(0, 0, 0.1, 0.0), Violations(10, 2, 0.1, 0.5)])

    assert (together.rate, together.bound) == (0.2, 0.5)
