import numpy as np
import pytest
from arms import NAN, compared, curve
from scipy.stats import wilcoxon

from hyperwatt.constraints.objective import Objective
from hyperwatt.experiments.common_seeds import paired, reference_arm
from hyperwatt.experiments.comparison_significance import significance_table
from hyperwatt.experiments.comparison_speedup import reference_speedup
from hyperwatt.experiments.curves import Curve


def ends(*losses: float) -> dict[int, Curve]:
    """A run of one training for each loss, with seeds from 0."""
    return {seed: curve([loss]) for seed, loss in enumerate(losses)}


def test_only_seeds_that_both_have_are_paired() -> None:
    arms = compared({"a": {3: curve([0.3]), 1: curve([0.1])}, "b": {1: curve([0.2])}}).arms

    assert [(x.seed, y.seed) for x, y in paired(*arms)] == [(1, 1)]


def test_hyperwatt_is_the_reference_and_else_the_first() -> None:
    ours = reference_arm(compared({"ei": ends(0.1), "hyperwatt": ends(0.1)}))
    first = reference_arm(compared({"ei": ends(0.1), "random": ends(0.1)}))

    assert ours is not None
    assert first is not None
    assert (ours.name, first.name) == ("hyperwatt", "ei")
    assert reference_arm(compared({})) is None


def test_the_numbers_are_scipy_s_and_the_effect_is_the_median_of_pairs() -> None:
    mine = [0.10, 0.20, 0.30, 0.41, 0.50, 0.60]
    theirs = [0.15, 0.18, 0.50, 0.52, 0.90, 0.63]

    row = significance_table(compared({"hyperwatt": ends(*mine), "ei": ends(*theirs)})).frame.iloc[
        0
    ]

    gained = np.array(theirs) - np.array(mine)
    assert row["p"] == pytest.approx(wilcoxon(gained, method="exact").pvalue)
    assert row["median_advantage"] == pytest.approx(np.median(gained))
    assert row["advantage_low"] <= row["median_advantage"] <= row["advantage_high"]
    assert (row["wins"], row["ties"], row["losses"], row["pairs"]) == (5, 0, 1, 6)


def test_fewer_than_five_pairs_claim_nothing_whatever_the_numbers() -> None:
    table = significance_table(
        compared({"a": ends(0.1, 0.1, 0.1, 0.1), "b": ends(0.9, 0.8, 0.7, 0.6)})
    )

    assert table.frame["p"].tolist() == [0.125, 0.125]
    assert set(table.shown["verdict"]) == {"no claim: 4 of the 7 repeats that are needed at least"}
    assert set(table.shown["better by"]) == {"+65.00 points"}


def test_five_pairs_cannot_show_it_and_it_is_said_how_many_could() -> None:
    table = significance_table(
        compared({"a": ends(*[0.1] * 5), "b": ends(0.9, 0.8, 0.7, 0.6, 0.5)})
    )

    assert table.frame["p"].tolist() == [0.0625, 0.0625]
    assert set(table.shown["verdict"]) == {"no claim: 5 repeats cannot show it, 7 could"}
    assert "7 repeats are the fewest" in table.note


@pytest.mark.parametrize(("mine", "says"), [(0.1, "better"), (0.95, "worse")])
def test_enough_repeats_on_one_side_are_claimed_in_the_right_direction(
    mine: float, says: str
) -> None:
    others = {"hyperwatt": ends(*[mine] * 9), "ei": ends(*np.linspace(0.5, 0.9, 9))}

    assert set(significance_table(compared(others)).shown["verdict"]) == {says}


def test_the_correction_is_over_all_tests_of_the_table() -> None:
    arms = {"a": ends(*[0.1] * 9), "b": ends(*np.linspace(0.5, 0.9, 9)), "c": ends(*[0.1] * 9)}

    frame = significance_table(compared(arms)).frame.set_index(["other", "after"])

    assert frame.loc[("b", "time"), "p_corrected"] == pytest.approx(4 * 2 / 2**9)
    assert frame.loc[("c", "time"), "p_corrected"] == 1.0


def test_a_run_without_a_feasible_network_is_worse_than_any_that_has_one() -> None:
    table = significance_table(
        compared({"a": ends(0.99, NAN, 0.5, NAN, 0.5), "b": ends(NAN, 0.99, NAN, NAN, NAN)})
    )

    row, text = table.frame.iloc[0], table.shown.iloc[0]
    assert (row["wins"], row["ties"], row["losses"]) == (3, 1, 1)
    assert row["median_advantage"] == np.inf
    assert text["better by"].startswith("only it found any")


def test_a_maximised_objective_is_better_when_it_is_more() -> None:
    accurate = {"a": ends(*[-0.9] * 9), "b": ends(*[-0.8] * 9)}

    table = significance_table(compared(accurate, Objective("accuracy", maximise=True)))

    assert table.frame["median_advantage"].tolist() == pytest.approx([0.1, 0.1])
    assert set(table.shown["verdict"]) == {"better"}


def test_no_common_seed_and_a_single_arm_are_no_faults() -> None:
    apart = compared({"a": {0: curve([0.1])}, "b": {1: curve([0.2])}})

    table = significance_table(apart)

    assert set(table.shown["p"]) == {"none"}
    assert set(table.shown["pairs"]) == {"0"}
    assert significance_table(compared({"a": ends(0.1)})).empty
    assert significance_table(compared({"a": {0: curve([])}, "b": {0: curve([])}})).empty


def test_the_reference_is_held_against_each_other_in_speed() -> None:
    arms = {
        "ei": {0: curve([0.5, 0.4], step_s=100), 7: curve([0.1])},
        "hyperwatt": {0: curve([0.4, 0.3], step_s=20)},
        "random": {0: curve([NAN, NAN], step_s=50)},
    }

    table = reference_speedup(compared(arms))

    shown = table.shown.set_index("over")
    assert shown.loc["ei", "sooner, as good"] == "10"  # 200 s against 20 s
    assert shown.loc["random", "lower bounds"] == 1
    assert set(table.frame["ratio"]) == {"looked_at", "as_many", "as_good", "trainings"}


def test_hyperpower_s_pairs_have_a_table_of_their_own() -> None:
    pairs = compared({"random": ends(0.2), "hw-random": ends(0.1)})
    more = compared({"random": ends(0.2), "hw-random": ends(0.1), "ei": ends(0.1)})

    assert reference_speedup(pairs).empty
    assert not reference_speedup(more).empty
