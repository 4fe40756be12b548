from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fakes import fake_sweep
from rich.console import Console

from hyperwatt.experiments.comparison import Comparison
from hyperwatt.experiments.comparison_report import write_comparison
from hyperwatt.experiments.curves import incumbent_curve
from hyperwatt.experiments.front import front_table
from hyperwatt.experiments.live import LiveView
from hyperwatt.experiments.protocol import Variant
from hyperwatt.experiments.quality import Quality
from hyperwatt.experiments.reporting.charts_front import front_members
from hyperwatt.experiments.reporting.report import build_report
from hyperwatt.experiments.reporting.run_data import RunData
from hyperwatt.experiments.reporting.words import text_blocks
from hyperwatt.experiments.show import conclude
from hyperwatt.experiments.summary import summarise
from hyperwatt.experiments.sweep import Sweep
from hyperwatt.experiments.tables import trials_table
from hyperwatt.orchestrator.outcomes import losses_of
from hyperwatt.orchestrator.pareto import non_dominated

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    folder = tmp_path_factory.mktemp("front")
    return fake_sweep(folder / "r", "strategy=hw-random", "objectives=[error, latency]")


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return fake_sweep(tmp_path_factory.mktemp("one") / "r", "strategy=hw-random")


def test_the_trials_table_marks_the_front(both: Sweep) -> None:
    frame = trials_table(both.plan, both.state)
    feasible = frame[(frame["purpose"] == "train") & (frame["feasible"] == True)]  # noqa: E712

    on_front = non_dominated(feasible[["error", "latency_s"]].to_numpy(np.float64))

    assert (feasible["front"] == on_front).all()
    assert on_front.sum() > 1
    assert frame[frame["purpose"] == "profile"]["front"].isna().all()


def test_with_one_objective_one_trial_is_on_the_front_and_there_is_no_table(one: Sweep) -> None:
    frame = trials_table(one.plan, one.state)
    summary = summarise(one.plan, one.state)

    assert (frame["front"] == True).sum() == 1  # noqa: E712
    assert front_table(one.plan, summary).empty
    assert not front_members(RunData.of(one.plan, one.state))
    assert not [block for block in text_blocks(one) if block.title == "Front"]


def test_the_front_table_has_every_member_and_how_it_stands(both: Sweep) -> None:
    summary = summarise(both.plan, both.state)

    table = front_table(both.plan, summary)

    assert set(table["trial"]) == {trial.trial_id for trial in summary.front}
    named = set(table[table["at the end"] == "confirmed"]["trial"])
    assert named == {winner.trial.trial_id for winner in summary.winners}
    assert set(table[table["at the end"] == "confirmed"]["test error"]) == {"25.00%"}
    assert {"error", "latency", "latency again"} <= set(table.columns)


def test_the_text_names_the_set_and_the_reference_point(both: Sweep) -> None:
    blocks = text_blocks(both)
    summary = summarise(both.plan, both.state)
    lines = next(block.lines for block in blocks if block.title == "Front")

    assert blocks[0].title.startswith(f"Best feasible networks: a front of {len(summary.front)}")
    assert all(winner.trial.trial_id in blocks[0].title for winner in summary.winners)
    assert "reference point (error" in lines[-1]
    assert sum("hyper-parameters" in line for line in blocks[0].lines) == len(summary.winners)


def test_the_page_shows_the_front(both: Sweep) -> None:
    page = build_report(both).html()

    for title in (
        '<h2 id="front">Front</h2>',
        "error (%) over latency",
        "Hypervolume by trainings",
    ):
        assert title in page


def test_a_run_with_a_front_ends_well_and_one_without_does_not(both: Sweep, tmp_path: Path) -> None:
    empty = fake_sweep(
        tmp_path / "r", "budget={latency: 1 us}", "strategy=random", "objectives=[error, latency]"
    )

    assert conclude(Console(quiet=True), both) == 0
    assert conclude(Console(quiet=True), empty) == 1
    assert "No feasible network" in text_blocks(empty)[0].title


def test_the_live_view_counts_the_front(both: Sweep) -> None:
    console = Console(width=200, force_terminal=True, record=True)
    view = LiveView()
    view.update(both.plan, both.state)
    console.print(view)

    text = console.export_text()
    members = losses_of(both.state.of("train"), both.plan.objectives)
    assert len(members) == 12
    assert f"a front of {len(summarise(both.plan, both.state).front)}" in text
    assert "latency" in text


def test_the_hypervolume_curve_ends_where_the_text_says(both: Sweep) -> None:
    quality = Quality.of(both.plan.objectives, [(both.plan, both.state)])

    curve = incumbent_curve(both.plan, both.state, quality)

    said = next(block.lines for block in text_blocks(both) if block.title == "Front")[-1]
    assert f"hypervolume {quality.show(float(curve.best[-1]))}" in said
    assert 0 <= curve.best[-1] < 1


def test_runs_are_compared_by_hypervolume_in_one_box(both: Sweep, tmp_path: Path) -> None:
    sweeps = {Variant("hw-random"): [both] * 2, Variant("random"): [both] * 2}
    comparison = Comparison.of(both.spec, sweeps, complete=True)

    write_comparison(comparison, tmp_path)

    table = pd.read_csv(tmp_path / "comparison.csv")
    assert table["hypervolume"].nunique() == 1
    assert "+- 0.000" in table["hypervolume"][0]
    text = (tmp_path / "comparison.md").read_text()
    assert "least error and least latency" in text
    assert "## Hypervolume" in text
