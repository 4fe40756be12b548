import numpy as np
import pytest

from hyperwatt.constraints.calibration import (
    cross_validate,
    group_folds,
    learning_curve,
    mean_quality,
    quality_of,
)
from hyperwatt.constraints.log_linear import LogLinearRecipe
from hyperwatt.constraints.predictor import Prediction
from hyperwatt.constraints.roofline import RooflineRecipe


def rows_and_costs(n: int = 200, noise: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    rows = 10 ** rng.uniform(5, 8, (n, 2))
    return rows, (rows @ [1e-9, 3e-9] + 1e-2) * rng.lognormal(0, noise, n)


def test_a_perfect_prediction_has_no_error_and_the_right_order() -> None:
    costs = np.array([3.0, 1.0, 2.0])

    quality = quality_of(Prediction(costs, np.full(3, 0.1), np.zeros(3, bool)), costs)

    assert (quality.n, quality.rmspe, quality.mape) == (3, 0.0, 0.0)
    assert quality.spearman == pytest.approx(1.0)
    assert quality.coverage90 == 1.0


def test_the_right_spread_covers_nine_in_ten() -> None:
    # 20,000 draws: a share outside of 0.89 to 0.91 has a chance below 1e-5
    rng = np.random.default_rng(0)
    costs = 10 + rng.normal(size=20_000)

    quality = quality_of(
        Prediction(np.full(20_000, 10.0), np.ones(20_000), np.zeros(20_000)), costs
    )

    assert quality.coverage90 == pytest.approx(0.9, abs=0.01)


def test_values_all_alike_have_no_ranks() -> None:
    quality = quality_of(Prediction(np.ones(4), np.ones(4), np.zeros(4, bool)), np.arange(1.0, 5))

    assert np.isnan(quality.spearman)


@pytest.mark.parametrize("recipe", [RooflineRecipe(), LogLinearRecipe(2)])
def test_recipes_are_honest_about_rows_left_out(recipe) -> None:  # type: ignore[no-untyped-def]
    rows, costs = rows_and_costs()
    folds = group_folds(range(200), np.random.default_rng(1))

    quality = quality_of(cross_validate(recipe, rows, costs, folds), costs)

    assert 0.82 < quality.coverage90 < 0.99
    assert quality.spearman > 0.9
    assert "inside the 90 % interval (200 rows)" in str(quality)


def test_rows_of_one_group_are_never_on_both_sides() -> None:
    groups = [i // 3 for i in range(60)]
    rows, costs = np.array(groups, float)[:, None], np.arange(1.0, 61)

    class Remembers:
        name, version = "remembers", 1

        def fit(self, features: np.ndarray, costs: np.ndarray):  # type: ignore[no-untyped-def]
            self.seen = set(features[:, 0])
            return self

        def predict(self, features: np.ndarray) -> Prediction:
            known = np.array([row[0] in self.seen for row in features], float)
            return Prediction(known, known, known.astype(bool))

        def describe(self) -> str:
            return ""

    folds = group_folds(groups, np.random.default_rng(0))

    assert not cross_validate(Remembers(), rows, costs, folds).mean.any()
    assert sorted(np.bincount(folds)) == [6] * 10


def test_one_fold_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        cross_validate(RooflineRecipe(), np.ones((3, 1)), np.ones(3), np.zeros(3, np.intp))


def test_more_measurements_teach_more() -> None:
    rows, costs = rows_and_costs()

    curve = learning_curve(
        LogLinearRecipe(2), rows, costs, sizes=(10, 40, 160, 200),
        groups=range(200), rng=np.random.default_rng(0), repeats=8,
    )  # fmt: skip

    assert [point.rows for point in curve] == [10, 40, 160]  # of 200, nothing is left to test
    assert curve[2].quality.rmspe < curve[0].quality.rmspe
    assert curve[0].quality.n == 190


def test_a_fit_takes_whole_groups() -> None:
    rows, costs = rows_and_costs(60)

    (point,) = learning_curve(
        RooflineRecipe(), rows, costs, sizes=(10,),
        groups=[i // 6 for i in range(60)], rng=np.random.default_rng(0),
    )  # fmt: skip

    assert point.rows == 12


def test_the_mean_of_qualities_is_of_each_figure() -> None:
    costs = np.array([1.0, 2.0])
    good = quality_of(Prediction(costs, np.ones(2), np.zeros(2, bool)), costs)
    bad = quality_of(Prediction(2 * costs, np.zeros(2), np.zeros(2, bool)), costs)

    mean = mean_quality([good, bad])

    assert (mean.rmspe, mean.mape, mean.coverage90) == (0.5, 0.5, 0.5)
