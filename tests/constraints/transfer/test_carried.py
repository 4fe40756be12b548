"""What is carried over from another device saves measurements on this one."""

import numpy as np
import pytest

from hyperwatt.constraints.best_of import BestOf
from hyperwatt.constraints.cross_validation import rmspe
from hyperwatt.constraints.linear import LinearRecipe
from hyperwatt.constraints.log_linear import LogLinearRecipe
from hyperwatt.constraints.transfer.carried import CarriedRecipe, Source

RNG = np.random.default_rng(0)
WORK = RNG.uniform(1.0, 50.0, (400, 6))


def elsewhere(work: np.ndarray) -> np.ndarray:
    return np.asarray(0.01 * work[:, 0] * work[:, 1] ** 0.5 + 0.002 * work[:, 2] + 0.003)


def here(work: np.ndarray, seed: int = 1) -> np.ndarray:
    """Three times as slow, a little less than proportional, and measured with 3 % of noise."""
    noise = np.exp(0.03 * np.random.default_rng(seed).standard_normal(len(work)))
    return np.asarray(3 * elsewhere(work) ** 0.9 * noise)


LEAST = float(elsewhere(WORK[:150]).min())
SOURCE = Source(LogLinearRecipe(2).fit(WORK[:150], elsewhere(WORK[:150])), LEAST)
FRESH = WORK[200:]


@pytest.mark.parametrize("rows", [5, 10])
def test_few_rows_teach_more_than_they_do_alone(rows: int) -> None:
    few = WORK[150 : 150 + rows]
    truth = here(FRESH, seed=2)

    carried = CarriedRecipe((SOURCE,)).fit(few, here(few))
    alone = LogLinearRecipe(1).fit(few, here(few))

    assert rmspe(carried.predict(FRESH).mean, truth) < 0.15
    assert rmspe(carried.predict(FRESH).mean, truth) < rmspe(alone.predict(FRESH).mean, truth) / 1.5


def test_its_spread_is_that_of_rows_left_out() -> None:
    few = WORK[150:180]
    prediction = CarriedRecipe((SOURCE,)).fit(few, here(few)).predict(FRESH)

    inside = np.abs(prediction.mean - here(FRESH, seed=2)) < 2 * prediction.std
    assert 0.85 < inside.mean() < 1.0


def test_a_source_that_says_nothing_is_not_chosen() -> None:
    rows, noise = WORK[150:190], np.random.default_rng(4).lognormal(size=150)
    wrong = CarriedRecipe((Source(LinearRecipe().fit(WORK[:150], noise), float(noise.min())),))

    chosen = BestOf((wrong, LogLinearRecipe(2))).settle(rows, here(rows))

    assert chosen.name == "log-linear"


def test_it_says_where_it_comes_from() -> None:
    model = CarriedRecipe((SOURCE, SOURCE)).fit(WORK[150:155], here(WORK[150:155]))

    assert model.describe() == "carried from 2 other devices, 5 measurements here"


def test_costs_must_be_positive() -> None:
    with pytest.raises(ValueError, match="positive"):
        CarriedRecipe((SOURCE,)).fit(WORK[:5], np.zeros(5))


def test_a_source_that_predicts_nothing_is_no_bargain() -> None:
    clipped = Source(LinearRecipe().fit(WORK[:150], elsewhere(WORK[:150]) ** 3), LEAST**3)
    nothing = WORK[clipped.predictor.predict(WORK).mean == 0]
    few = WORK[150:156]

    prediction = CarriedRecipe((clipped,)).fit(few, here(few)).predict(nothing)

    assert len(nothing)
    assert prediction.extrapolated.all()
    assert (prediction.mean > here(few).min() / 100).all()
