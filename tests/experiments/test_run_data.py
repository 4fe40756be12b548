"""The rows behind the plots of a run."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import altair as alt
import numpy as np
import pytest
import yaml
from fakes import fake_sweep
from hypothesis import given
from hypothesis import strategies as st

from hyperwatt.constraints.candidate import Candidate
from hyperwatt.experiments.quality import Quality
from hyperwatt.experiments.reporting.charts_comparison import band_rows, end_rows
from hyperwatt.experiments.reporting.charts_costs import (
    calibration_rows,
    front_rows,
    prediction_rows,
    spreads_off,
)
from hyperwatt.experiments.reporting.charts_progress import (
    incumbent_rows,
    over_rows,
    timeline_rows,
)
from hyperwatt.experiments.reporting.columns import Columns
from hyperwatt.experiments.reporting.drawing import to_svg
from hyperwatt.experiments.reporting.importance import importances
from hyperwatt.experiments.reporting.page import Page, Section, render
from hyperwatt.experiments.reporting.report import Report, build_report
from hyperwatt.experiments.reporting.run_data import OVER, RunData, epoch_rows, setting_of
from hyperwatt.experiments.spec_files import load_spec
from hyperwatt.experiments.sweep import Sweep
from hyperwatt.experiments.violations import violations_of
from hyperwatt.orchestrator.history import is_feasible

VALUES = st.one_of(
    st.integers(-(10**6), 10**6),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12),
)


@pytest.fixture(scope="module")
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    folder = tmp_path_factory.mktemp("run") / "vanilla"
    return fake_sweep(folder, "strategy=random", "limits.trials=30")


@pytest.fixture(scope="module")
def run(sweep: Sweep) -> RunData:
    return RunData.of(sweep.plan, sweep.state)


@pytest.fixture(scope="module")
def report(sweep: Sweep) -> Report:
    return build_report(sweep)


def test_values_are_those_of_the_trials_in_the_unit_of_their_column(run: RunData) -> None:
    memory = run.columns.cost("memory_bytes")

    assert (memory.title, run.columns.objectives[0].title) == ("memory (kB)", "error (%)")
    for row in run.trained():
        trial = run.state.trials[row["id"]]
        assert row[memory.key] == pytest.approx(trial.costs["memory_bytes"].value / 1e3, rel=1e-4)
        assert row["o0"] == pytest.approx(100 * (trial.value("error") or 0.0), rel=1e-4)


def test_what_is_over_the_budget_is_what_measured_over_it(run: RunData) -> None:
    for row in run.trained():
        trial = run.state.trials[row["id"]]
        assert (row["standing"] == OVER) != is_feasible(trial, run.plan.constraints)
    shares, known = over_rows(run), violations_of(run.plan, run.state)
    assert known is not None
    assert shares[-1]["share"] == pytest.approx(100 * known.broken / known.attempts, 1e-3)
    assert len(shares) == known.attempts


def test_the_front_holds_what_nothing_beats_at_its_cost(run: RunData) -> None:
    cost = run.columns.cost("memory_bytes")

    front = front_rows(run, cost)

    for row in run.trained():
        best = min(f["o0"] for f in front if f["x"] <= row[cost.key])
        assert best <= row["o0"]
    assert {f["id"] for f in front} <= {row["id"] for row in run.trained()}


def test_the_incumbent_is_the_least_feasible_error_so_far(run: RunData) -> None:
    rows = incumbent_rows(run, Quality.of(run.plan.objectives, [(run.plan, run.state)]))
    feasible = [row["o0"] for row in run.trained() if row["standing"] != OVER]

    assert rows[-1]["value"] == pytest.approx(min(feasible), rel=1e-4)
    assert (np.diff([row["value"] for row in rows]) <= 0).all()


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0.1, 30)), max_size=25))
def test_no_two_trials_share_a_lane_at_a_time(spans: list[tuple[float, float]]) -> None:
    rows = [
        {"id": f"t{i}", "began": began, "ended": began + lasted, "place": "gpu@host",
         "purpose": "train", "how": "completed", "why": ""}
        for i, (began, lasted) in enumerate(spans)
    ]  # fmt: skip
    lanes: dict[str, list[tuple[float, float]]] = {}
    for row in timeline_rows(RunData(None, None, None, rows)):  # type: ignore[arg-type]
        lanes.setdefault(row["lane"], []).append((row["from"], row["to"]))
    for lane in lanes.values():
        lane.sort()
        assert all(a[1] <= b[0] + 1e-3 for a, b in pairwise(lane))


def test_epochs_are_of_the_trainings_and_the_best_is_marked(run: RunData) -> None:
    rows = epoch_rows(run)

    assert {row["id"] for row in rows} == {t.trial_id for t in run.state.of("train") if t.reports}
    assert {row["id"] for row in rows if row["best"]} == {r["id"] for r in run.trials if r["best"]}


def test_calibration_is_of_predictions_that_were_checked(tmp_path: Path) -> None:
    sweep = fake_sweep(tmp_path / "r", "strategy=hyperwatt", "limits.trials=15")
    run = RunData.of(sweep.plan, sweep.state)

    rows = calibration_rows(run, prediction_rows(run))

    assert {row["metric"] for row in rows} <= {"memory", "latency"}
    assert rows
    for row in rows:
        assert 0 <= row["inside"] <= 100
        assert row["checked"] >= 10


def test_the_parameter_that_matters_is_found(run: RunData) -> None:
    by_title = {one.title: one for one in importances(run)}

    memory = by_title["memory (kB)"]  # of conv1_features times conv2_features
    assert set(list(memory.shares)[:2]) == {"conv1_features", "conv2_features"}
    assert sum(memory.shares.values()) == pytest.approx(1.0)
    assert memory.score > 0.2


def test_every_plot_is_drawn_from_data_that_the_page_has(report: Report) -> None:
    names = [drawn.name for drawn in report.page.drawings]

    assert len(set(names)) == len(names) > 8
    for drawn in report.page.drawings:
        alt.Chart.from_dict(dict(drawn.spec))  # raises where Vega-Lite's schema does not allow it
        assert drawn.used <= set(report.page.data)


@pytest.mark.slow
def test_every_plot_becomes_a_picture_with_something_in_it(report: Report) -> None:
    for drawn in report.page.drawings:
        svg = to_svg(drawn, report.page.data)
        assert svg.count("<path") + svg.count("<line") > 5, drawn.name
        assert "NaN" not in svg, drawn.name


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), VALUES, min_size=1))
def test_a_copied_point_is_read_back_as_the_candidate(settings: Mapping[str, object]) -> None:
    [word] = shlex.split(setting_of(Candidate(settings)))  # type: ignore[arg-type]

    key, _, value = word.partition("=")

    assert key == "warm_start.points"
    assert yaml.safe_load(value) == [settings]


def test_a_copied_command_trains_that_candidate_first(sweep: Sweep, run: RunData) -> None:
    row = run.trained()[0]

    words = shlex.split(build_report(sweep).page.command + row["point"])

    assert words[:2] == ["hyperwatt", "run"]
    settings = [word for word in words[3:] if word != "--set"]
    again = load_spec(words[2], settings)
    assert again.limits.trials == 1
    assert again.warm_start.points == [dict(run.state.trials[row["id"]].candidate)]


class _Scripts(HTMLParser):
    """Collects what stands in elements of data, and every element's name."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []
        self.data = ""
        self._inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self._inside = ("id", "report-data") in attrs

    def handle_data(self, data: str) -> None:
        self.data += data if self._inside else ""

    def handle_endtag(self, tag: str) -> None:
        self._inside = False


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_text_ends_its_place(text: str) -> None:
    text += "</script><!--<b>"
    page = Page(text, text, [Section(text, lines=[text], columns=[text], rows=[[text]])],
                data={"trials": [{"id": text}]}, table="trials")  # fmt: skip
    seen = _Scripts()

    seen.feed(render(page))

    assert json.loads(seen.data)["data"]["trials"] == [{"id": text}]
    assert "b" not in seen.names


def test_units_go_by_what_was_measured_where_there_is_no_bound(run: RunData) -> None:
    unbounded = replace(run.plan, constraints=(), also_probed=("latency_s",))

    titles = [column.title for column in Columns.of(unbounded, run.state).costs]

    assert titles == ["latency (ms)"] or titles == ["latency (us)"]


def test_a_band_holds_the_middle_half_of_the_repeats(sweep: Sweep) -> None:
    from hyperwatt.experiments.curves import incumbent_curve

    quality = Quality.of(sweep.plan.objectives, [(sweep.plan, sweep.state)])
    curve = incumbent_curve(sweep.plan, sweep.state, quality)
    shifted = [replace(curve, best=curve.best + 0.01 * k) for k in range(5)]
    never = replace(curve, best=np.full(len(curve.best), np.nan))

    row = band_rows({"a": shifted}, quality, "trainings")[-1]
    ends = end_rows({"a": [*shifted, never]}, quality)

    last = 100 * curve.best[-1]
    assert [row[k] - last for k in ("low", "value", "high")] == pytest.approx([1, 2, 3], abs=0.01)
    assert len(ends) == 5
    assert band_rows({"a": [never] * 3}, quality, "minutes") == []


def test_what_is_not_finite_is_left_out_of_the_data(run: RunData) -> None:
    rows = [{"id": "a", "o0": float("nan"), "c0": [float("inf"), 1.0]}]
    seen = _Scripts()

    seen.feed(render(Page("t", "t", [], data={"trials": rows}, table="trials")))

    assert json.loads(seen.data)["data"]["trials"] == [{"id": "a", "o0": None, "c0": [None, 1.0]}]


def test_a_prediction_below_zero_is_off_by_no_number_of_spreads() -> None:
    assert spreads_off(-1.5, 0.1) is None
    assert spreads_off(-1.0, 0.1) is None
    assert spreads_off(0.1, float("nan")) is None
    assert spreads_off(np.expm1(0.2), 0.1) == pytest.approx(-2.0)
