import numpy as np
import pytest

from hyperwatt.constraints.censored import expected_above, fit_censored
from hyperwatt.constraints.linear import LinearRecipe
from hyperwatt.constraints.log_linear import LogLinearRecipe
from hyperwatt.constraints.predictor import Prediction

CAPACITY = 8.0


def rows(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    features = rng.uniform(1.0, 9.0, (80, 1))
    return features, 1.2 * features[:, 0] * np.exp(0.1 * rng.standard_normal(80))


def test_lower_bounds_take_away_the_bias_of_leaving_rows_out() -> None:
    features, costs = rows()
    over = costs > CAPACITY
    at = np.array([[8.5]])

    kept = LogLinearRecipe().fit(features[~over], costs[~over]).predict(at).mean[0]
    whole = LogLinearRecipe().fit(features, costs).predict(at).mean[0]
    censored = fit_censored(
        LogLinearRecipe(), features, np.where(over, CAPACITY, costs), over
    ).predict(at).mean[0]  # fmt: skip

    assert abs(censored - whole) < abs(kept - whole)


def test_a_row_that_says_at_least_never_lowers_the_prediction_there() -> None:
    features, costs = rows()
    over = costs > CAPACITY
    for place in np.flatnonzero(over)[:5]:
        some = ~over
        before = LogLinearRecipe().fit(features[some], costs[some])
        some[place] = True
        values = np.where(over, CAPACITY, costs)[some]

        after = fit_censored(LogLinearRecipe(), features[some], values, over[some])

        at = features[[place]]
        assert after.predict(at).mean[0] >= before.predict(at).mean[0] * (1 - 1e-9)


class Told:
    """Predicts what it was told."""

    def __init__(self, mean: float, spread: float) -> None:
        self.mean, self.spread = mean, spread

    def predict(self, features: np.ndarray) -> Prediction:
        mean = np.full(len(features), self.mean)
        return Prediction(mean, self.spread * mean, np.zeros(len(features), bool))

    def describe(self) -> str:
        return "told"


def test_a_model_that_predicts_nothing_does_not_make_values_infinite() -> None:
    features = np.arange(1.0, 11.0)[:, None]
    falling = np.maximum(20.0 - 2.0 * features[:, 0], 0.5)
    at = np.vstack([features, [[20.0]]])
    costs, over = np.append(falling, 30.0), np.arange(11) == 10

    mean = fit_censored(LinearRecipe(), at, costs, over).predict(at).mean

    assert np.isfinite(mean).all()


@pytest.mark.parametrize("mean", [1.0, 7.9, 8.0, 30.0, 1e-9])
def test_the_expected_cost_is_finite_and_above_the_bound(mean: float) -> None:
    value = expected_above(Told(mean, 0.1), np.zeros((1, 1)), np.array([8.0]))[0]

    assert np.isfinite(value)
    assert value >= max(8.0, 0.99 * min(mean, 8.0))


def test_the_expected_cost_is_that_of_a_truncated_normal() -> None:
    rng = np.random.default_rng(1)
    draws = np.exp(np.log(8.0) + 0.2 * rng.standard_normal(400_000))
    truth = np.exp(np.log(draws[draws > 9.0]).mean())

    value = expected_above(Told(8.0, 0.2), np.zeros((1, 1)), np.array([9.0]))[0]

    assert value == pytest.approx(truth, rel=0.003)  # 10 standard errors of the simulation
