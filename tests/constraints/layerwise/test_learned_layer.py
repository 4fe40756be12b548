import numpy as np
import pytest

from hyperwatt.constraints.cross_validation import rmspe
from hyperwatt.constraints.domains import Array
from hyperwatt.constraints.layerwise.columns import dense_columns
from hyperwatt.constraints.layerwise.layer_learners import RelativeBoosting
from hyperwatt.constraints.layerwise.learned_layer import LearnedLayerRecipe
from hyperwatt.constraints.layerwise.sparse_polynomial import SparsePolynomialRecipe
from hyperwatt.constraints.learners import Boosting


def some_layers(count: int, seed: int) -> Array:
    rng = np.random.default_rng(seed)
    return dense_columns(
        batch=rng.integers(1, 500, count).astype(float),
        in_features=rng.integers(1, 500, count).astype(float),
        out_features=rng.integers(1, 500, count).astype(float),
    )


def seconds(rows: Array) -> Array:
    """A start, full lanes of outputs, and what is moved."""
    n, out, features = rows[:, 0], rows[:, 1], rows[:, 4]
    lanes = 16 * np.ceil(out / 16)
    return 2e-5 + 1e-10 * n * lanes * features + 1e-9 * (n * features + n * out)


@pytest.mark.slow
def test_small_layers_are_predicted_better_than_by_a_polynomial_in_seconds() -> None:
    rows, unseen = some_layers(60, 0), some_layers(300, 1)
    noise = np.random.default_rng(2).lognormal(0.0, 0.03, 60)

    ours = LearnedLayerRecipe("dense").fit(rows, seconds(rows) * noise)

    polynomial = SparsePolynomialRecipe("dense", "time").fit(rows, seconds(rows) * noise)
    truth = seconds(unseen)
    errors = [rmspe(model.predict(unseen).mean, truth) for model in (ours, polynomial)]
    assert errors[0] < errors[1]
    assert errors[0] < 0.06


@pytest.mark.slow
def test_the_spread_is_that_of_rows_left_out() -> None:
    rows, unseen = some_layers(60, 0), some_layers(300, 1)
    rng = np.random.default_rng(2)
    model = LearnedLayerRecipe("dense").fit(rows, seconds(rows) * rng.lognormal(0, 0.1, 60))

    p = model.predict(unseen)

    inside = np.abs(seconds(unseen) * rng.lognormal(0, 0.1, 300) - p.mean) < 1.645 * p.std
    assert 0.8 < inside.mean() < 0.98  # 90 % is meant; 300 rows give it to 1.7 points


def test_a_layer_larger_than_any_seen_is_marked_and_doubted() -> None:
    rows = some_layers(60, 0)
    model = LearnedLayerRecipe("dense").fit(rows, seconds(rows))
    asked = np.vstack([rows[0], rows[0] * np.array([1, 1, 1, 1, 100])])

    p = model.predict(asked)

    assert p.extrapolated.tolist() == [False, True]
    assert p.std[1] / p.mean[1] > p.std[0] / p.mean[0]


def test_it_says_which_form_was_chosen() -> None:
    rows = some_layers(30, 0)

    said = LearnedLayerRecipe("dense").fit(rows, seconds(rows)).describe()

    assert said.startswith("dense layers: ")
    assert said.endswith("30 measurements")


@pytest.mark.slow
def test_ratios_are_not_drawn_up_by_measurements_far_too_slow() -> None:
    rng = np.random.default_rng(0)
    columns = rng.normal(size=(600, 2))
    slow = rng.random(600) < 0.2  # on average twice as slow as the others
    logs = np.where(slow, np.log(3.0), 0.0) + 0.02 * rng.normal(size=600)
    ratio = np.exp(logs)

    errors = [
        rmspe(np.exp(learner.fit(columns, logs).predict(columns)[0]), ratio)
        for learner in (RelativeBoosting(), Boosting())
    ]

    assert errors[0] < errors[1]


@pytest.mark.parametrize(
    ("rows", "costs", "says"),
    [
        (some_layers(9, 0), np.ones(9), "at least 10"),
        (some_layers(20, 0), np.zeros(20), "must be positive"),
        (np.ones((20, 4)), np.ones(20), r"must be \(n, 5\)"),
    ],
)
def test_rows_that_cannot_be_used_are_named(rows: Array, costs: Array, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        LearnedLayerRecipe("dense").fit(rows, costs)


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="did you mean 'dense'"):
        LearnedLayerRecipe("dens")
