"""HyperPower's protocol on a small table, through the command line where it matters."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from recorded import table_spec
from typer.testing import CliRunner

from hyperwatt.constraints.errors import SpecError
from hyperwatt.experiments.cli import app
from hyperwatt.experiments.comparing import Order, Outcome, carry_out
from hyperwatt.experiments.comparison_tables import arms_table, best_table, speedup_table
from hyperwatt.experiments.feasible_budgets import bounds_at, parse_shares
from hyperwatt.experiments.protocol import (
    SOLVERS,
    Variant,
    all_strategies,
    apply_protocol,
    variants_of,
)
from hyperwatt.orchestrator.strategies.registry import STRATEGIES


def carried_out(folder: Path, *settings: str, **words: object) -> tuple[Outcome, list[str]]:
    spec = table_spec(folder, *settings)
    log: list[str] = []
    order = Order.of(spec, words.pop("strategies", None), 2, **words)  # type: ignore[arg-type]
    outcome = carry_out(
        order, folder / "c", address=None, listener=lambda plan, state: None, log=log.append
    )
    return outcome, log


def test_every_solver_has_a_default_that_knows_no_constraint_and_a_form_that_does() -> None:
    for solver in SOLVERS:
        assert not STRATEGIES[solver.default].aware
        assert STRATEGIES[solver.hyperpower].aware
    assert len(all_strategies()) == 7  # the two acquisitions are one without a constraint


def test_a_protocol_lifts_the_other_limit(tmp_path: Path) -> None:
    spec = table_spec(tmp_path)

    by_count = apply_protocol(spec, "fixed-evaluations").limits
    by_time = apply_protocol(spec, "fixed-time").limits

    assert (by_count.trials, by_count.wall_clock > 1e8) == (8, True)
    assert (by_time.wall_clock, by_time.trials > 1e5) == (7200.0, True)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"protocol": "fixed-tim"}, "did you mean 'fixed-time'?"),
        ({"early_stopping": "maybe"}, "no way 'maybe'; known: as-is, both, off, on"),
        ({"feasible": "5,ten"}, "must be percentages above 0"),
        ({"feasible": "0"}, "must be percentages above 0"),
        ({"strategies": "ei,ei"}, "'ei' is named twice"),
        ({"strategies": "hw-iecl"}, "did you mean 'hw-ieci'?"),
    ],
)
def test_a_word_that_is_not_known_is_refused(
    tmp_path: Path, words: dict[str, str], says: str
) -> None:
    with pytest.raises(SpecError) as caught:
        carried_out(tmp_path, **words)

    assert says in str(caught.value)


def test_early_termination_cannot_be_switched_where_there_is_no_rule(tmp_path: Path) -> None:
    spec = table_spec(tmp_path, "early_stopping={}")

    with pytest.raises(SpecError, match="needs a rule under `early_stopping`"):
        variants_of(spec, ["ei"], "both")


def test_without_early_termination_every_rule_is_dropped(tmp_path: Path) -> None:
    spec = table_spec(tmp_path)

    with_rules, without = (Variant("ei", full).spec(spec, 3) for full in (False, True))

    assert with_rules.early_stopping.chance_level is not None
    assert without.early_stopping.chance_level is None
    assert without.seed == 3


@pytest.mark.slow
def test_one_command_runs_the_factorial_and_continues_it(tmp_path: Path) -> None:
    table_spec(tmp_path)
    words = ["compare", str(tmp_path / "cells.yaml"), "--protocol", "fixed-evaluations"]
    words += ["--repeats", "2", "--dir", str(tmp_path / "c")]

    first = CliRunner().invoke(app, words)
    runs = sorted(path.parent for path in (tmp_path / "c").rglob("journal.jsonl"))
    written = {run: (run / "journal.jsonl").stat().st_mtime_ns for run in runs}
    again = CliRunner().invoke(app, words)

    assert first.exit_code == 0, first.output
    assert len(runs) == 7 * 2 * 2
    assert "HW-IECI (full)" in first.output
    assert again.exit_code == 0
    assert {run: (run / "journal.jsonl").stat().st_mtime_ns for run in runs} == written
    assert "Speed-up of HyperPower's form" in (tmp_path / "c" / "comparison.md").read_text()
    table = pd.read_csv(tmp_path / "c" / "comparison.csv").set_index("strategy")
    aware = [name for name in table.index if name.startswith("hw-")]
    assert (table.loc[aware, "of these predicted over the budget"] == 0).all()


@pytest.mark.slow
def test_at_a_fixed_time_the_gate_looks_at_more_candidates(tmp_path: Path) -> None:
    outcome, _ = carried_out(
        tmp_path, protocol="fixed-time", strategies="random,hw-random", early_stopping="on"
    )

    assert outcome.comparison is not None
    arms = {arm.name: arm for arm in outcome.comparison.arms}
    for default, aware in zip(arms["random"].curves, arms["hw-random"].curves, strict=True):
        assert aware.samples[-1] > default.samples[-1]
    assert list(best_table(outcome.comparison)["solver"]) == ["Rand"]
    assert len(speedup_table(outcome.comparison)) == 1
    assert set(arms_table(outcome.comparison)["strategy"]) == set(arms)


@pytest.mark.slow
def test_budgets_at_several_shares_leave_these_shares(tmp_path: Path) -> None:
    outcome, _ = carried_out(
        tmp_path, protocol="fixed-evaluations", strategies="random,hw-random",
        early_stopping="off", feasible="10,40",
    )  # fmt: skip

    watts = pd.read_csv(tmp_path / "cells.csv")["watts"]
    for at in outcome.shares:
        bound = at.comparison.spec.budget["power_w"]
        assert (watts <= bound).mean() == pytest.approx(at.share, abs=0.06)  # costs have ties
    for name in ("shares.md", "shares.csv", "shares.html", "shares.png"):
        assert (tmp_path / "c" / name).is_file()


def test_bounds_cut_every_metric_at_one_quantile() -> None:
    rng = np.random.default_rng(0)
    costs = {"power_w": rng.random(1000), "memory_bytes": rng.random(1000)}

    bounds = bounds_at(costs, 0.1)

    kept = [costs[metric] <= bound for metric, bound in bounds.items()]
    assert np.mean(kept[0] & kept[1]) == pytest.approx(0.1, abs=0.002)
    assert kept[0].mean() == pytest.approx(kept[1].mean())
    assert bounds_at(costs, 1.0) == {m: values.max() for m, values in costs.items()}


def test_shares_are_read_as_percentages() -> None:
    assert parse_shares("5, 10,80") == [0.05, 0.1, 0.8]
