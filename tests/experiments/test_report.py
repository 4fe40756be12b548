import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from fakes import FAILING, fake_sweep
from rich.console import Console

from hyperwatt.constraints.measurement import IMPRECISE, SHARED, Measurement
from hyperwatt.experiments.comparison import Comparison
from hyperwatt.experiments.comparison_report import comparison_tables, write_comparison
from hyperwatt.experiments.comparison_tables import arms_table
from hyperwatt.experiments.curves import incumbent_curve
from hyperwatt.experiments.live import LiveView, status_line
from hyperwatt.experiments.protocol import Variant
from hyperwatt.experiments.quality import Quality
from hyperwatt.experiments.reporting.report import build_report
from hyperwatt.experiments.reporting.words import text_blocks
from hyperwatt.experiments.run_folder import RunFolder
from hyperwatt.experiments.summary import summarise
from hyperwatt.experiments.sweep import Sweep, load, write_results
from hyperwatt.experiments.tables import ledger_table, trials_table
from hyperwatt.experiments.wording import measured_lines


@pytest.fixture(scope="module")
def aware(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return fake_sweep(tmp_path_factory.mktemp("run") / "aware", "strategy=hw-random")


@pytest.fixture(scope="module")
def vanilla(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return fake_sweep(tmp_path_factory.mktemp("run") / "vanilla", "strategy=random")


def test_inactive_parameters_are_empty_in_the_table_and_never_zero(aware: Sweep) -> None:
    table = trials_table(aware.plan, aware.state)
    shallow = table[table["param.conv_layers"] == 2]

    assert len(shallow) > 0
    assert shallow["param.conv3_features"].isna().all()
    assert (table["param.conv3_features"].dropna() >= 16).all()


def test_the_table_is_read_back_from_parquet_as_it_was(aware: Sweep) -> None:
    write_results(aware)

    again = pd.read_parquet(aware.folder.trials)

    assert list(again["trial_id"]) == list(trials_table(aware.plan, aware.state)["trial_id"])


def test_what_was_saved_is_what_the_ledger_holds(aware: Sweep) -> None:
    summary = summarise(aware.plan, aware.state)

    assert summary.saved == len(ledger_table(aware.state)) > 0
    assert summary.profiled == 24
    assert summary.dispatched == 12
    assert summary.failed == {"exception": 1}


def test_a_vanilla_sweep_shows_what_it_wasted(vanilla: Sweep) -> None:
    summary = summarise(vanilla.plan, vanilla.state)

    over = [
        t for t in vanilla.state.of("train")
        if t.trained and t.costs["memory_bytes"].value > 0.9e6
    ]  # fmt: skip
    assert summary.trained_infeasible >= len(over) > 0
    assert summary.wasted_s == pytest.approx(1.2 * summary.trained_infeasible)
    assert summary.saved == 0


def test_the_incumbent_never_gets_worse_and_counts_feasible_trials_only(vanilla: Sweep) -> None:
    quality = Quality.of(vanilla.plan.objectives, [(vanilla.plan, vanilla.state)])
    curve = incumbent_curve(vanilla.plan, vanilla.state, quality)

    known = curve.best[~np.isnan(curve.best)]
    assert (np.diff(known) <= 0).all()
    best = summarise(vanilla.plan, vanilla.state).best
    assert best is not None
    assert curve.best[-1] == best.value("error")
    assert np.isnan(curve.at_training(0))


def test_the_text_names_the_winner_its_costs_and_its_weights(aware: Sweep) -> None:
    head = text_blocks(aware)[0]

    assert head.title.startswith("Best feasible network: t00")
    lines = "\n".join(head.lines)
    assert "memory (budget 900 kB): confirmed" in lines
    assert "test error: 25.00%" in lines
    assert "/best-2.pt" in lines


def test_the_page_is_self_contained_and_escapes_text(aware: Sweep) -> None:
    page = build_report(aware).html()

    assert FAILING in page
    assert "<script>alert" not in page
    assert not re.search(r"(src|href)=.https?:", page)


def test_a_run_without_a_feasible_network_shows_the_nearest(tmp_path: Path) -> None:
    sweep = fake_sweep(tmp_path / "r", "budget={latency: 1 us}", "strategy=random")

    title = text_blocks(sweep)[0].title

    assert title.startswith("No feasible network; of those measured t0")
    assert "over latency <= 1 us" in title


@pytest.mark.slow
def test_an_unfinished_run_is_reported_as_such(tmp_path: Path, aware: Sweep) -> None:
    lines = aware.folder.journal.read_bytes().splitlines(keepends=True)
    part = tmp_path / "part"
    part.mkdir()
    (part / "spec.yaml").write_text(aware.folder.spec.read_text())
    for kept in (0, 30, 90):
        (part / "journal.jsonl").write_bytes(b"".join(lines[:kept]))
        sweep = load(RunFolder(part))

        assert not sweep.finished
        assert "not finished" in build_report(sweep).html()


def test_the_live_view_draws_any_state(aware: Sweep) -> None:
    console = Console(width=150, force_terminal=True, record=True)
    view = LiveView()
    console.print(view)
    view.update(aware.plan, aware.state)
    console.print(view)

    text = console.export_text()
    assert "starting Ray" in text
    assert "12/12 trials" in text
    assert "failed 1" in status_line(aware.plan, aware.state)


def test_a_comparison_gives_mean_and_spread_of_each_arm(
    tmp_path: Path, aware: Sweep, vanilla: Sweep
) -> None:
    sweeps = {Variant("hw-random"): [aware] * 2, Variant("random"): [vanilla] * 2}
    comparison = Comparison.of(aware.spec, sweeps, complete=True)

    table = arms_table(comparison).set_index("strategy")
    write_comparison(comparison, tmp_path)

    assert table.loc["hw-random", "infeasible, trained"] == "0.0 +- 0.0"
    assert table.loc["random", "trainings saved"] == "0.0 +- 0.0"
    for name in ("comparison.md", "comparison.csv", "comparison.html", "plots/ends.png"):
        assert (tmp_path / name).stat().st_size > 100


def test_every_table_of_a_comparison_is_text_for_people_and_numbers_for_files(
    tmp_path: Path, aware: Sweep, vanilla: Sweep
) -> None:
    sweeps = {Variant("hw-random"): [aware], Variant("random"): [vanilla]}
    comparison = Comparison.of(aware.spec, sweeps, complete=True)

    tables = comparison_tables(comparison)
    write_comparison(comparison, tmp_path)

    assert len({table.name for table in tables}) == len(tables) >= 9
    text = (tmp_path / "comparison.md").read_text()
    for table in tables:
        table.frame.to_parquet(tmp_path / "again.parquet")
        assert (tmp_path / "tables" / f"{table.name}.csv").is_file()
        assert f"## {table.title}" in text
        assert table.note in text
        assert not table.shown.isna().any(axis=None)
    assert "no claim: 1 of the " in text


def test_a_comparison_on_a_simulated_device_says_so_wherever_costs_are_told(tmp_path: Path) -> None:
    settings = ("strategy=random", "device=simulated:gtx1070", "budget={latency: 1 us}")
    sweep = fake_sweep(tmp_path / "r", *settings)
    comparison = Comparison.of(sweep.spec, {Variant("random"): [sweep]}, complete=True)

    write_comparison(comparison, tmp_path)

    text = (tmp_path / "comparison.md").read_text()
    assert "SIMULATED" in text
    assert "Errors of predictions" not in text
    assert "none (0/1)" in text


def test_a_simulated_sweep_says_so_and_reports_no_accuracy_of_its_predictors(
    tmp_path: Path,
) -> None:
    sweep = fake_sweep(tmp_path / "r", "strategy=hw-random", "device=simulated:gtx1070")

    text = "\n".join(line for block in text_blocks(sweep) for line in block.lines)

    assert "SIMULATED (simulated:gtx1070)" in text
    assert "RMSPE" not in text
    assert "SIMULATED" in build_report(sweep).html()


def test_a_time_limit_shorter_than_one_training_is_named_as_the_cause(tmp_path: Path) -> None:
    sweep = fake_sweep(tmp_path / "r", "strategy=hw-random", "limits.wall_clock=1 us")

    assert "was over before any training had finished an epoch" in text_blocks(sweep)[0].title


def test_a_run_without_trials_measures_its_profile_and_says_so(tmp_path: Path) -> None:
    sweep = fake_sweep(tmp_path / "r", "strategy=hw-random", "limits.trials=0")

    assert sweep.finished
    assert "24 candidates measured, none trained" in text_blocks(sweep)[0].title


def test_values_that_are_not_sure_enough_or_were_spoiled_are_told() -> None:
    sure = Measurement("latency_s", 2.0, 0.001, 9, "median", "cpu:x")
    unsure = replace(sure, standard_error=0.3, flags=(IMPRECISE,))
    beside = replace(sure, attribution=SHARED)
    trials = {str(n): SimpleNamespace(costs={"latency_s": m}) for n, m in
              enumerate((sure, unsure, beside))}  # fmt: skip

    assert measured_lines(SimpleNamespace(trials=trials)) == [
        "1 of 3 values were measured beside others, and teach nothing",
        "1 of 3 values are imprecise; the least sure to 15.0%",
    ]
    assert measured_lines(SimpleNamespace(trials={"0": trials["0"]})) == []
