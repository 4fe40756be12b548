import numpy as np
import pytest
from arms import NAN, compared, curve

from hyperwatt.constraints.objective import Objective
from hyperwatt.experiments.comparison_best import Moment, best_after, best_cell, moments
from hyperwatt.experiments.quality import Quality

LONG = curve([NAN, 0.5, 0.4, 0.4, 0.3, 0.3, 0.2, 0.2], step_s=10)
SHORT = curve([0.9, 0.8, 0.7, 0.6], step_s=30)


def test_the_moment_is_the_least_that_all_runs_reached_and_parts_of_it() -> None:
    comparison = compared({"a": {0: LONG}, "b": {0: SHORT}})

    assert [m.at for m in moments(comparison, "trainings")] == [1, 2, 4]
    assert [m.at for m in moments(comparison, "time")] == [20, 40, 80]


def test_a_few_trainings_are_not_counted_twice() -> None:
    comparison = compared({"a": {0: curve([0.5])}, "b": {0: LONG}})

    assert [m.at for m in moments(comparison, "trainings")] == [1]
    assert str(moments(comparison, "trainings")[0]) == "1 training"


def test_mean_and_spread_by_hand() -> None:
    comparison = compared({"a": {0: LONG, 1: SHORT}, "b": {0: SHORT}})

    shown = best_after(comparison, "trainings").shown.set_index("strategy")

    assert shown.loc["a", "after 4 trainings"] == "50.00% +- 14.14%"  # of 0.4 and 0.6
    assert shown.loc["a", "after 1 training"] == "90.00% (1/2)"
    assert shown.loc["b", "after 4 trainings"] == "60.00%"
    assert shown.loc["a", "seeds"] == "2"


def test_raw_numbers_are_one_a_run_and_moment_with_their_units() -> None:
    frame = best_after(compared({"a": {3: LONG, 4: SHORT}}), "time").frame

    last = frame[frame["at"] == frame["at"].max()].set_index("seed")
    assert last.loc[3, "value"] == 0.2
    assert last.loc[4, "value"] == 0.8
    assert set(frame["at_unit"]) == {"s"}
    assert set(frame["value_of"]) == {"error"}


def test_what_is_maximised_is_shown_in_its_own_direction() -> None:
    accurate = {"a": {n: curve([-0.9 - 0.01 * n]) for n in range(5)}}
    comparison = compared(accurate, Objective("accuracy", maximise=True))

    table = best_after(comparison, "trainings")

    cell = table.shown["after 1 training"][0]
    assert cell.startswith("92.00% +- 1.58% [9")
    low, high = (float(part.strip("[]%,")) for part in cell.split()[-2:])
    assert low < 92 < high
    assert table.frame["value"].tolist() == pytest.approx([0.9, 0.91, 0.92, 0.93, 0.94])


def test_of_several_objectives_the_hypervolume_is_told_with_its_box() -> None:
    comparison = compared(
        {"a": {0: curve([NAN, 0.25])}}, Objective("error"), Objective("latency_s")
    )

    table = best_after(comparison, "trainings")

    assert table.title == "Hypervolume after as many trainings"
    assert list(table.shown["after 2 trainings"]) == ["0.750"]
    assert "the box reaches from the ideal point" in table.note


def test_where_nothing_feasible_was_found_none_is_said_and_not_zero() -> None:
    table = best_after(compared({"a": {0: curve([NAN, NAN])}}), "trainings")

    assert list(table.shown["after 2 trainings"]) == ["none (0/1)"]
    assert table.frame["value"].isna().all()


def test_a_run_without_a_training_sets_no_moment_and_counts_as_one_that_found_nothing() -> None:
    comparison = compared({"a": {0: curve([]), 1: SHORT}})

    shown = best_after(comparison, "trainings").shown

    assert list(shown["after 4 trainings"]) == ["60.00% (1/2)"]
    assert best_after(compared({"a": {0: curve([])}}), "trainings").empty


def test_a_moment_of_time_counts_what_ended_by_then() -> None:
    assert Moment("time", 59.9).losses([SHORT]).tolist() == [0.9]
    assert Moment("time", 60.0).losses([SHORT]).tolist() == [0.8]


def test_a_cost_is_shown_with_its_unit() -> None:
    quality = Quality([Objective("energy_j")], np.zeros(1), np.ones(1))

    assert best_cell(np.array([0.002, 0.004]), quality) == "3 mJ +- 1.414 mJ"
