import numpy as np

from hyperwatt.orchestrator.surrogate import _fit, _refit, expected_improvement


def noisy(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.random((count, 2))
    return x, ((x - 0.4) ** 2).sum(axis=1) + rng.normal(0, 0.05, count)


def test_believing_in_a_running_trial_changes_little_elsewhere() -> None:
    x, y = noisy(40)
    model = _fit(x, y, np.random.default_rng(1))
    pending = np.array([[0.9, 0.9]])

    again = _refit(model, np.vstack([x, pending]), np.append(y, model.predict(pending)))

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
        expected_improvement(
            x, y, at=best_place, pending=pending, best=float(y.min()),
            rng=np.random.default_rng(3),
        )
        for pending in (no_one, np.repeat(best_place, 4, axis=0))
    )  # fmt: skip

    assert believed[0] < alone[0]


def test_a_constant_objective_gives_a_finite_preference() -> None:
    x, _ = noisy(10)

    wanted = expected_improvement(
        x, np.full(10, 0.5), at=x, pending=x[:1], best=0.5, rng=np.random.default_rng(0)
    )

    assert np.isfinite(wanted).all()
