import numpy as np
import pytest

from hyperwatt.constraints.domains import Array
from hyperwatt.constraints.layerwise.columns import dense_columns, pool_columns
from hyperwatt.constraints.layerwise.design import design
from hyperwatt.constraints.layerwise.sparse_polynomial import (
    LEAST_LATENCY_S,
    SparsePolynomialRecipe,
)


def some_dense_layers(count: int = 60, seed: int = 0) -> Array:
    rng = np.random.default_rng(seed)
    return dense_columns(
        batch=rng.integers(1, 200, count).astype(float),
        in_features=rng.integers(1, 500, count).astype(float),
        out_features=rng.integers(1, 500, count).astype(float),
    )


def some_poolings(count: int = 120, seed: int = 0) -> Array:
    rng = np.random.default_rng(seed)
    return pool_columns(
        batch=rng.integers(1, 64, count).astype(float),
        channels=rng.integers(1, 32, count).astype(float),
        side=rng.integers(16, 64, count).astype(float),
        kernel=rng.integers(2, 5, count).astype(float),
        stride=rng.integers(1, 3, count).astype(float),
        padding=np.zeros(count),
    )


def planted_time(rows: Array) -> Array:
    return 2e-3 + 4e-6 * rows[:, 0] + 3e-10 * rows.prod(axis=1)


def test_a_planted_sparse_model_is_recovered_without_noise() -> None:
    rows, unseen = some_dense_layers(), some_dense_layers(seed=1)

    model = SparsePolynomialRecipe("dense", "time").fit(rows, planted_time(rows))

    np.testing.assert_allclose(model.predict(unseen).mean, planted_time(unseen), rtol=0.02)
    terms = design("dense", "time", rows)[:, 1:]
    influence = np.abs(model.weights) * terms.std(axis=0)
    planted = [0, 20]  # the batch and the product of all, and columns that equal one of them
    equal = (terms[:, :, None] == terms[:, None, planted]).all(axis=0).any(axis=1)
    assert influence[equal].sum() > 0.98 * influence.sum()


def test_the_size_counts_what_the_lasso_kept() -> None:
    rows = some_dense_layers()

    model = SparsePolynomialRecipe("dense", "time").fit(rows, planted_time(rows))

    assert model.size == np.count_nonzero(model.weights) + 1
    assert model.size < 22
    assert f"size {model.size} of 22" in model.describe()


def test_the_unit_of_the_cost_does_not_change_the_model() -> None:
    rows = some_poolings()
    noise = np.random.default_rng(1).lognormal(0.0, 0.05, len(rows))
    seconds = (1e-3 + 1e-8 * rows[:, :4].prod(axis=1)) * noise

    in_s = SparsePolynomialRecipe("pool", "time").fit(rows, seconds)
    in_ms = SparsePolynomialRecipe("pool", "time").fit(rows, seconds * 1e3)

    np.testing.assert_allclose(in_ms.predict(rows).mean, in_s.predict(rows).mean * 1e3, rtol=1e-9)
    assert in_ms.residual_std == pytest.approx(in_s.residual_std * 1e3)


def test_the_unit_of_a_column_does_not_change_the_prediction() -> None:
    rows = some_dense_layers()
    # a power of two, which no number is rounded by: the penalty is a choice, and may be a near one
    in_sixteenths = rows * np.array([1.0, 1.0, 1.0, 1.0, 16.0])
    cost = planted_time(rows)

    one = SparsePolynomialRecipe("dense", "time").fit(rows, cost).predict(rows)
    same = SparsePolynomialRecipe("dense", "time").fit(in_sixteenths, cost).predict(in_sixteenths)

    np.testing.assert_allclose(same.mean, one.mean, rtol=1e-9)


def test_the_spread_is_that_of_layers_left_out() -> None:
    rows = some_dense_layers(400)
    noise = 1e-3 * np.random.default_rng(2).normal(size=len(rows))

    model = SparsePolynomialRecipe("dense", "time").fit(rows, planted_time(rows) + noise + 1e-2)

    # 400 rows give the deviation of the noise to 3.5 %; six of those: once in 10^8 seeds
    assert model.residual_std == pytest.approx(1e-3, rel=0.2)


def test_times_below_the_floor_are_clamped() -> None:
    rows = some_dense_layers()
    tiny = planted_time(rows) * 1e-3

    model = SparsePolynomialRecipe("dense", "time", floor=LEAST_LATENCY_S).fit(rows, tiny)

    assert model.predict(rows).mean.min() == LEAST_LATENCY_S


def test_a_layer_larger_than_any_seen_is_marked() -> None:
    rows = some_dense_layers()
    model = SparsePolynomialRecipe("dense", "power").fit(rows, 30 + 0.01 * rows[:, 0])
    asked = np.vstack([rows[0], rows[0] * np.array([1.0, 1.0, 1.0, 1.0, 1000.0])])

    assert model.predict(asked).extrapolated.tolist() == [False, True]


@pytest.mark.parametrize(
    ("costs", "says"),
    [
        (np.ones(59), r"must be \(60,\), got \(59,\)"),
        (np.full(60, np.nan), "finite and positive"),
        (np.linspace(-1, 1, 60), "finite and positive"),
    ],
)
def test_bad_costs_are_named(costs: Array, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        SparsePolynomialRecipe("dense", "time").fit(some_dense_layers(), costs)


def test_too_few_layers_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 10 measured layers"):
        SparsePolynomialRecipe("dense", "time").fit(some_dense_layers(9), np.ones(9))


def test_an_unknown_quantity_is_refused_before_the_fit() -> None:
    with pytest.raises(ValueError, match="must be one of time, power"):
        SparsePolynomialRecipe("dense", "watts")
