import numpy as np
import pytest
from scipy.optimize import check_grad

from hyperwatt.constraints.cross_validation import rmspe
from hyperwatt.constraints.memory_model import MemoryRecipe, Rows

MIB = 2.0**20


def traced(n: int, seed: int = 0) -> np.ndarray:
    """Traced peaks of 20 MiB to 5 GiB, and the work of two kinds of kernel."""
    rng = np.random.default_rng(seed)
    peak = MIB * 10 ** rng.uniform(1.3, 3.7, n)
    return np.column_stack([peak, peak * rng.uniform(0, 0.3, n), 10 ** rng.uniform(6, 9, n)])


def held(rows: np.ndarray, noise: float = 0.01, seed: int = 7) -> np.ndarray:
    clean = 1.06 * rows[:, 0] + 0.5 * rows[:, 1] + 300 * MIB
    return clean * np.random.default_rng(seed).lognormal(0, noise, len(rows))


def test_without_a_measurement_it_predicts_the_trace_and_the_context() -> None:
    new = traced(5)

    bare = MemoryRecipe().fit(np.zeros((0, 3)), np.zeros(0)).predict(new)
    read = MemoryRecipe(context_bytes=300 * MIB).fit(np.zeros((0, 3)), np.zeros(0)).predict(new)

    np.testing.assert_allclose(bare.mean, new[:, 0])
    np.testing.assert_allclose(read.mean, new[:, 0] + 300 * MIB)
    assert (bare.std > 0.05 * bare.mean).all()
    assert bare.extrapolated.all()


def test_recovers_rounding_workspaces_and_context() -> None:
    rows, new = traced(60), traced(200, seed=1)

    model = MemoryRecipe().fit(rows, held(rows))

    assert model.phi == pytest.approx(0.06, abs=0.02)
    assert model.context_bytes == pytest.approx(300 * MIB, rel=0.05)
    assert rmspe(model.predict(new).mean, held(new, noise=0)) < 0.01
    assert 0.005 < model.spread < 0.05


def test_more_measurements_never_hurt_much_and_soon_help() -> None:
    new = traced(200, seed=1)
    errors = []
    for n in (0, 3, 10, 30):
        model = MemoryRecipe().fit(traced(n, seed=2), held(traced(n, seed=2)))
        errors.append(rmspe(model.predict(new).mean, held(new, noise=0)))

    assert errors[1] < errors[0]
    assert errors[3] < 0.02 < errors[0]


def test_a_trace_that_is_right_stays_as_it_is() -> None:
    rows = traced(10)

    model = MemoryRecipe().fit(rows, rows[:, 0])

    np.testing.assert_allclose(model.predict(rows).mean, rows[:, 0], rtol=1e-3)


def test_does_not_care_in_which_unit_work_is_counted() -> None:
    rows = traced(30)
    same = MemoryRecipe().fit(rows, held(rows)).predict(rows).mean
    mega = rows / np.array([1.0, 1e6, 1e3])

    np.testing.assert_allclose(
        MemoryRecipe().fit(mega, held(rows)).predict(mega).mean, same, rtol=1e-5
    )


def test_the_slope_of_the_loss_is_its_finite_difference() -> None:
    rows = traced(8)
    table = Rows.of(rows, held(rows, 0.1), np.arange(8) % 3 == 0, 0.0)
    at = np.array([0.3, 0.2, 0.1, 0.4])

    error = check_grad(lambda w: table.loss(w, 0.1)[0], lambda w: table.loss(w, 0.1)[1], at)

    assert error < 1e-4 * np.linalg.norm(table.loss(at, 0.1)[1])


@pytest.mark.parametrize("seed", range(40))
def test_a_row_that_ran_out_of_memory_never_lowers_the_prediction_there(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(0, 15))
    rows, one = traced(n, seed), traced(1, seed + 100)
    costs, capacity = held(rows, 0.05, seed), one[:, 0] * rng.uniform(0.5, 2.0)
    recipe = MemoryRecipe(spread=0.05)

    before = recipe.fit(rows, costs).predict(one).mean
    after = recipe.fit(
        np.vstack([rows, one]), np.append(costs, capacity), np.arange(n + 1) == n
    ).predict(one).mean  # fmt: skip

    assert after[0] >= before[0] * (1 - 1e-6)


def test_rows_that_ran_out_of_memory_lift_a_trace_that_is_too_low() -> None:
    rows = traced(12)
    capacity = rows[:, 0] * 1.3

    model = MemoryRecipe().fit(rows, capacity, np.ones(12, bool))

    assert (model.predict(rows).mean > 1.2 * rows[:, 0]).all()
    assert "12 out of memory" in model.describe()


def test_dropping_them_instead_biases_the_model_low() -> None:
    rows = traced(80)
    truth = held(rows, 0.15)
    capacity = 1000 * MIB
    over = truth > capacity
    new = traced(200, seed=1)
    new = new[held(new, 0) > capacity]

    told = MemoryRecipe().fit(rows, np.minimum(truth, capacity), over).predict(new).mean
    dropped = MemoryRecipe().fit(rows[~over], truth[~over]).predict(new).mean

    log_bias = [np.log(mean / held(new, 0)).mean() for mean in (told, dropped)]
    assert log_bias[0] > log_bias[1]


def test_contributions_sum_to_the_prediction() -> None:
    rows = traced(20)
    model = MemoryRecipe().fit(rows, held(rows))

    assert model.contributions(rows).shape == (20, 4)
    np.testing.assert_allclose(model.contributions(rows).sum(axis=1), model.predict(rows).mean)


@pytest.mark.parametrize(
    ("features", "costs", "at_least", "says"),
    [
        (np.ones((2, 1)), np.ones(3), None, r"got \(2, 1\) and \(3,\)"),
        (np.ones((2, 0)), np.ones(2), None, "no column"),
        (np.array([[1.0], [0.0]]), np.ones(2), None, "positive traced peak .* row 1"),
        (np.array([[1.0, -1.0]]), np.ones(1), None, "row 0, column 1"),
        (np.ones((1, 1)), np.zeros(1), None, "must be positive"),
        (np.ones((2, 1)), np.ones(2), np.ones(3, bool), r"`at_least` must be \(2,\)"),
    ],
)
def test_bad_rows_are_named(
    features: np.ndarray, costs: np.ndarray, at_least: np.ndarray | None, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        MemoryRecipe().fit(features, costs, at_least)
