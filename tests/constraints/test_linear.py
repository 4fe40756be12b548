import numpy as np
import pytest

from hyperwatt.constraints.cross_validation import cross_predict, rmspe
from hyperwatt.constraints.linear import LinearRecipe, solve_ridge


def test_recovers_the_weights_that_made_the_data() -> None:
    rng = np.random.default_rng(0)
    z = rng.uniform(1, 100, size=(50, 3))
    w = np.array([0.5, 2.0, 0.01])

    model = LinearRecipe(ridge=0.0).fit(z, z @ w + 30.0)

    np.testing.assert_allclose(model.weights, w, rtol=1e-9)
    assert model.intercept == pytest.approx(30.0)
    assert model.residual_std == pytest.approx(0.0, abs=1e-9)


def test_does_not_care_in_which_unit_a_feature_is_given() -> None:
    rng = np.random.default_rng(0)
    z = rng.uniform(1, 100, size=(50, 2))
    y = z @ np.array([1.0, 2.0]) + rng.normal(size=50) + 50
    kilo = z / np.array([1000.0, 1.0])

    same = LinearRecipe().fit(z, y).predict(z).mean

    np.testing.assert_allclose(LinearRecipe().fit(kilo, y).predict(kilo).mean, same)


def test_a_constant_feature_gets_no_weight() -> None:
    weights, _ = solve_ridge(np.array([[1.0, 7.0], [2.0, 7.0], [3.0, 7.0]]), np.arange(3.0), 1e-6)

    assert weights[1] == 0.0


def test_a_model_with_a_weight_for_each_row_does_not_claim_to_be_exact() -> None:
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(12, 12)), rng.normal(size=12) + 10

    assert LinearRecipe(ridge=1e-9).fit(z, y).residual_std > 0.3


def test_cross_validation_never_sees_the_row_it_predicts() -> None:
    costs = np.arange(1.0, 31.0)
    seen: list[set[float]] = []

    def fit(features: np.ndarray, known: np.ndarray):  # type: ignore[no-untyped-def]
        seen.append(set(known))
        return lambda rows: np.array([float(row[0] in set(known)) for row in rows])

    leaked = cross_predict(fit, costs[:, None], costs)

    assert not leaked.any()
    assert len(seen) == 10


def test_rmspe_is_the_published_measure() -> None:
    # NeuralPower's network table, Titan X: 100 % minus RMSPE of runtime is 88.23 %
    predicted = np.array([373.82, 43.41, 62.62, 195.21, 51.13])
    actual = np.array([368.42, 39.02, 50.66, 197.99, 50.09])

    assert 100 - 100 * rmspe(predicted, actual) == pytest.approx(88.23, abs=0.01)


def test_predictions_outside_the_rows_seen_are_marked() -> None:
    model = LinearRecipe().fit(np.array([[1.0], [2.0], [3.0]]), np.array([1.0, 2.0, 3.0]))

    np.testing.assert_array_equal(
        model.predict(np.array([[2.5], [3.5]])).extrapolated, [False, True]
    )


@pytest.mark.parametrize(
    ("features", "costs", "says"),
    [
        ([[1.0], [2.0]], [1.0], r"got \(2, 1\) and \(1,\)"),
        ([1.0, 2.0], [1.0, 2.0], r"must be \(n, d\)"),
        ([[1.0]], [1.0], "at least 2"),
        ([[1.0], [np.nan]], [1.0, 2.0], "finite"),
    ],
)
def test_bad_data_is_named(features: list[object], costs: list[float], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        LinearRecipe().fit(np.array(features), np.array(costs))


def test_predict_names_the_shape_it_wants() -> None:
    model = LinearRecipe().fit(np.eye(3)[:, :2], np.arange(3.0))

    with pytest.raises(ValueError, match=r"must be \(n, 2\), got \(1, 3\)"):
        model.predict(np.ones((1, 3)))
