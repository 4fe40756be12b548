import numpy as np

from hyperwatt.orchestrator.surrogate import (
    _process,
    _with_kernel_of,
    chance_below,
    expected_improvement,
    refit_at,
)


def noisy(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.random((count, 2))
    return x, ((x - 0.4) ** 2).sum(axis=1) + rng.normal(0, 0.05, count)


def test_believing_in_a_running_trial_changes_little_elsewhere() -> None:
    x, y = noisy(40)
    model = _process(x, y)
    pending = np.array([[0.9, 0.9]])

    again = _with_kernel_of(model, np.vstack([x, pending]), np.append(y, model.predict(pending)))

    at = np.random.default_rng(2).random((50, 2))
    before, spread = model.predict(at, return_std=True)
    after, spread_after = again.predict(at, return_std=True)
    np.testing.assert_allclose(after, before, atol=0.02)  # interpolating the noise is off by 0.05
    assert np.median(spread_after / spread) > 0.8


def test_a_running_trial_makes_its_own_place_less_wanted() -> None:
    x, y = noisy(30)
    best_place = np.array([[0.4, 0.4]])
    no_one = np.zeros((0, 2))

    alone, believed = (
        expected_improvement(x, y, at=best_place, pending=pending, best=float(y.min()))
        for pending in (no_one, np.repeat(best_place, 4, axis=0))
    )

    assert believed[0] < alone[0]


def test_a_constant_objective_gives_a_finite_preference() -> None:
    x, _ = noisy(10)

    wanted = expected_improvement(x, np.full(10, 0.5), at=x, pending=x[:1], best=0.5)

    assert np.isfinite(wanted).all()


def test_the_kernel_is_fitted_to_the_first_observations_of_a_growing_schedule() -> None:
    sizes = [refit_at(count) for count in range(1, 201)]

    assert all(fitted <= count < 1.2 * fitted + 1 for count, fitted in enumerate(sizes, 1))
    assert len(set(sizes)) < 30


def test_a_process_between_two_fits_still_sees_every_observation() -> None:
    x, y = noisy(21)
    assert refit_at(21) < 21
    surprise = np.append(y[:-1], y[-1] + 3.0)

    expected, surprised = (_process(x, values).predict(x[-1:])[0] for values in (y, surprise))

    assert surprised > expected + 0.5


def test_the_chance_to_keep_a_bound_is_high_where_values_are_low() -> None:
    x, y = noisy(30)

    inside, outside = chance_below(x, y, at=np.array([[0.4, 0.4], [1.0, 1.0]]), bound=0.2)

    assert inside > 0.9
    assert outside < 0.1
