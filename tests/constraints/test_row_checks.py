import numpy as np
import pytest

from hyperwatt.constraints.cross_validation import cross_predict, distinct_folds
from hyperwatt.constraints.linear import LinearRecipe
from hyperwatt.constraints.row_checks import (
    check_features,
    check_rows,
    check_work,
    row_warnings,
    suspicious_unit,
)
from hyperwatt.constraints.seen_range import SeenRange


@pytest.mark.parametrize(
    ("features", "costs", "says"),
    [
        (np.ones(3), np.ones(3), r"must be \(n, d\)"),
        (np.ones((3, 1)), np.ones(2), r"got \(3, 1\) and \(2,\)"),
        (np.ones((1, 1)), np.ones(1), "at least 2 measurements .* got 1; measure more"),
        (np.array([[1.0], [np.nan]]), np.ones(2), "finite, row 1 is not; drop"),
        (np.ones((2, 1)), np.array([1.0, np.inf]), "finite, row 1 is not; drop"),
        (np.ones((2, 1)), np.array([1.0, -2.0]), r"not be negative; row 1 has -2\.0; drop it"),
        (np.ones((2, 1)), np.array([0.0, 2.0]), r"positive, .* row 0 has 0\.0; drop it"),
    ],
)
def test_rows_that_no_model_can_use_are_refused(
    features: np.ndarray, costs: np.ndarray, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        check_rows(features, costs, logs=True)


def test_a_cost_of_zero_is_refused_only_where_logarithms_are_taken() -> None:
    check_rows(np.ones((2, 1)), np.array([0.0, 1.0]))


def test_the_shape_of_rows_to_predict_is_named() -> None:
    with pytest.raises(ValueError, match=r"must be \(n, 2\), got \(1, 3\)"):
        check_features(np.ones((1, 3)), 2)


def test_negative_work_is_named_by_row_and_column() -> None:
    with pytest.raises(ValueError, match=r"row 1, column 0 has -3\.0"):
        check_work(np.array([[1.0, 2.0], [-3.0, 1.0]]))


def test_good_rows_are_not_spoken_of() -> None:
    rng = np.random.default_rng(0)

    assert row_warnings(rng.uniform(size=(20, 3)), rng.uniform(size=20)) == ()


def test_few_rows_and_features_that_stand_still_are_named() -> None:
    features = np.array([[1.0, 5.0, 0.0], [2.0, 5.0, 1.0]])

    said = row_warnings(features, np.array([1.0, 2.0]), ["depth", "width", "kernel"])

    assert len(said) == 2
    assert "2 measurements for 3 features" in said[0]
    assert "never change: width" in said[1]


@pytest.mark.parametrize(
    ("metric", "values", "says"),
    [
        ("power", [85_000.0, 92_000.0], "milli-W it would be 88.5 W"),
        ("latency", [20.0, 35.0, 18.0], "milli-s it would be 0.02 s"),
        ("memory", [300.0, 512.0], "kilo-B"),
        ("train_power", [110.0, 120.0, 108_000.0, 119_000.0], "two groups, up to 120 W"),
        ("energy", [0.2, 0.3, 250.0], "two groups"),
    ],
)
def test_units_wrong_by_a_thousand_are_suspected(
    metric: str, values: list[float], says: str
) -> None:
    message = suspicious_unit(metric, np.array(values))

    assert message is not None
    assert says in message


@pytest.mark.parametrize(
    ("metric", "values"),
    [
        ("power", [0.08, 0.4]),  # a microcontroller
        ("power", [9_800.0, 10_200.0]),  # eight accelerators and their node
        ("latency", [3e-5, 0.2, 4.0]),  # four orders, but no two groups 1000 apart
        ("memory", [2e6, 8e9]),
        ("energy", []),
        ("latency", [np.nan, 0.0, 0.01]),
    ],
)
def test_honest_values_are_not_suspected(metric: str, values: list[float]) -> None:
    assert suspicious_unit(metric, np.array(values)) is None


def test_repeats_of_one_candidate_stay_in_one_fold() -> None:
    rng = np.random.default_rng(0)
    features = rng.integers(0, 3, size=(60, 2)).astype(float)

    folds = distinct_folds(features)

    for row in np.unique(features, axis=0):
        assert len(set(folds[(features == row).all(axis=1)])) == 1
    assert len(set(folds)) == 9


def test_distinct_rows_are_in_the_folds_they_always_were_in() -> None:
    features, costs = np.arange(23.0)[:, None], np.arange(23.0) + 1
    recipe = LinearRecipe()

    np.testing.assert_array_equal(
        cross_predict(recipe.fit_mean, features, costs),
        cross_predict(recipe.fit_mean, features, costs, distinct_folds(features)),
    )


def test_rows_that_are_all_alike_are_a_fold_each() -> None:
    assert len(set(distinct_folds(np.ones((4, 2))))) == 4


def test_the_spread_widens_with_the_distance_from_the_range_seen() -> None:
    seen = SeenRange.of(np.array([[0.0, 1.0], [2.0, 1.0]]))
    rows = np.array([[1.0, 1.0], [3.0, 1.0], [5.0, 1.0], [-1.0, 2.0]])

    np.testing.assert_array_equal(seen.outside(rows), [False, True, True, True])
    np.testing.assert_allclose(seen.widening(rows), [1.0, 1.5, 2.5, 2.5])


def test_without_a_row_everything_is_outside() -> None:
    seen = SeenRange.of(np.ones((0, 2)))

    assert seen.outside(np.ones((3, 2))).all()
    np.testing.assert_array_equal(seen.widening(np.ones((3, 2))), 1.0)
