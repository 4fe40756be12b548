import numpy as np
import pytest
from scipy.optimize import check_grad
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

from hyperwatt.constraints.kernel_search import learn_shape, surprise
from hyperwatt.constraints.learners import Boosting, Learner, Process, Ridge, Trees
from hyperwatt.constraints.log_features import LogScale

ALL: list[Learner] = [Ridge(1), Ridge(2), Process(), Trees(), Boosting()]


def columns(n: int = 240, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, 3))


@pytest.mark.parametrize("learner", ALL, ids=lambda learner: learner.name)
def test_each_learns_a_smooth_function_of_some_columns(learner: Learner) -> None:
    x, new = columns(), columns(100, seed=1) * 0.6
    truth = lambda rows: 3 + rows[:, 0] - 0.5 * rows[:, 1]  # noqa: E731

    mean, spread = learner.fit(x, truth(x)).predict(new)

    assert np.sqrt(np.mean((mean - truth(new)) ** 2)) < 0.5 * truth(new).std()
    assert (spread > 0).all()


@pytest.mark.parametrize("learner", ALL, ids=lambda learner: learner.name)
def test_the_same_rows_give_the_same_learner(learner: Learner) -> None:
    x, new = columns(), columns(50, seed=1)
    y = np.sin(x[:, 0]) + x[:, 1]

    np.testing.assert_array_equal(
        learner.fit(x, y).predict(new)[0], learner.fit(x, y).predict(new)[0]
    )


@pytest.mark.parametrize("learner", ALL, ids=lambda learner: learner.name)
def test_no_rows_to_predict_is_no_fault(learner: Learner) -> None:
    mean, spread = learner.fit(columns(), columns()[:, 0]).predict(np.zeros((0, 3)))

    assert mean.shape == spread.shape == (0,)


def test_a_quadratic_is_learned_with_its_products() -> None:
    x, new = columns(400), columns(50, seed=1)
    truth = lambda rows: 2 + rows[:, 0] * rows[:, 2] - 0.3 * rows[:, 1] ** 2  # noqa: E731

    mean, _ = Ridge(2).fit(x, truth(x)).predict(new)

    np.testing.assert_allclose(mean, truth(new), atol=0.01)


def test_a_process_is_less_sure_where_it_saw_nothing() -> None:
    x = columns(60)

    _, spread = Process().fit(x, x[:, 0] ** 2).predict(np.array([x[0], [9.0, 9.0, 9.0]]))

    assert spread[1] > 3 * spread[0]


def test_the_slope_of_the_surprise_is_its_finite_difference() -> None:
    x = columns(20)
    y = np.sin(x[:, 0]) + 0.1 * x[:, 1]
    at = np.log([0.8, 1.5, 2.5, 4.0, 0.05])

    error = check_grad(lambda p: surprise(p, x, y)[0], lambda p: surprise(p, x, y)[1], at)

    assert error < 1e-4 * np.linalg.norm(surprise(at, x, y)[1])


def test_the_surprise_is_that_of_the_library() -> None:
    x = columns(20)
    y = np.sin(x[:, 0])
    kernel = ConstantKernel(0.8) * Matern([1.5, 2.5, 4.0], nu=2.5) + WhiteKernel(0.05)
    known = GaussianProcessRegressor(kernel, optimizer=None).fit(x, y)

    ours = surprise(np.log([0.8, 1.5, 2.5, 4.0, 0.05]), x, y)[0]

    assert ours == pytest.approx(-known.log_marginal_likelihood_value_, rel=1e-6)


def test_a_column_that_says_nothing_gets_a_long_length() -> None:
    x = columns(80)

    shape = learn_shape(x, np.sin(2 * x[:, 0]))

    assert shape.lengths[0] < 2
    assert (shape.lengths[1:] > 20).all()
    assert shape.noise < 0.01


def test_targets_all_alike_are_no_fault() -> None:
    mean, spread = Process().fit(columns(50), np.ones(50)).predict(columns(5, seed=1))

    np.testing.assert_allclose(mean, 1.0)
    assert np.isfinite(spread).all()


def test_repeats_do_not_lower_the_penalty() -> None:
    # noise alone: who leaves out one of three repeats believes that each row can be known
    x, y = columns(30), np.random.default_rng(1).normal(size=30)
    thrice = Ridge(2).fit(np.repeat(x, 3, axis=0), np.repeat(y, 3))

    assert np.abs(thrice.predict(columns(50, seed=2))[0]).max() < 1


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted = Process().fit(columns(60), columns(60)[:, 0])
    whole = fitted.predict(columns(50, seed=1))

    monkeypatch.setattr("hyperwatt.constraints.learners.CHUNK", 7)

    np.testing.assert_allclose(fitted.predict(columns(50, seed=1)), whole)


def test_a_log_scale_does_not_care_for_units() -> None:
    rng = np.random.default_rng(0)
    rows = np.column_stack([rng.uniform(1, 9, 20), rng.integers(0, 3, 20), rng.normal(size=20)])
    other = rows * np.array([1e9, 1e-3, 7.0])

    np.testing.assert_allclose(
        LogScale.of(rows).transform(rows), LogScale.of(other).transform(other), atol=1e-9
    )


def test_a_log_scale_gives_columns_of_mean_zero_and_spread_one() -> None:
    rows = np.random.default_rng(0).lognormal(size=(30, 2))

    scaled = LogScale.of(rows).transform(rows)

    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(axis=0), 1)


def test_a_constant_column_says_nothing_and_zero_is_finite() -> None:
    scale = LogScale.of(np.array([[5.0, 0.0, 1.0], [5.0, 0.0, 3.0]]))

    scaled = scale.transform(np.array([[5.0, 0.0, 0.0], [99.0, 1.0, 2.0]]))

    assert np.isfinite(scaled).all()
    np.testing.assert_array_equal(scaled[:, :2], 0.0)
