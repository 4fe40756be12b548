import numpy as np
import pytest

from hyperwatt.constraints.roofline import PowerFromEnergy, RooflineModel, RooflineRecipe
from hyperwatt.constraints.seen_range import SeenRange


def some_work(n: int = 60, seed: int = 0) -> np.ndarray:
    """Operations, bytes and launches of networks a thousand times apart."""
    rng = np.random.default_rng(seed)
    return np.column_stack(
        [10 ** rng.uniform(6, 9, n), 10 ** rng.uniform(5, 8, n), rng.integers(3, 60, n)]
    )


PRICES = np.array([1e-12, 1e-10, 2e-6])


def a_model(prices: np.ndarray, fixed: float = 0.0) -> RooflineModel:
    return RooflineModel(fixed, prices, 0.05, SeenRange.of(some_work()), 60)


def test_recovers_the_prices_that_made_the_data() -> None:
    work = some_work()

    model = RooflineRecipe().fit(work, work @ PRICES + 1e-4)

    np.testing.assert_allclose(model.prices, PRICES, rtol=1e-6)
    assert model.fixed == pytest.approx(1e-4)
    assert model.spread <= 1e-3


def test_does_not_care_in_which_unit_work_or_cost_is_given() -> None:
    work = some_work()
    cost = (work @ PRICES + 1e-4) * np.random.default_rng(1).lognormal(0, 0.1, len(work))
    giga = work / np.array([1e9, 1e6, 1.0])

    same = RooflineRecipe().fit(work, cost).predict(work).mean

    np.testing.assert_allclose(RooflineRecipe().fit(giga, cost).predict(giga).mean, same)
    np.testing.assert_allclose(
        RooflineRecipe().fit(work, cost * 1e6).predict(work).mean, same * 1e6
    )


def test_no_work_is_paid_back() -> None:
    work = some_work()
    cost = work @ np.array([1e-12, -1e-13, 0.0]) + 1e-2

    model = RooflineRecipe().fit(work, cost)

    assert (model.prices >= 0).all()
    assert model.fixed >= 0


def test_more_work_never_costs_less() -> None:
    work = some_work()
    cost = np.random.default_rng(2).lognormal(0, 1, len(work))
    model = RooflineRecipe().fit(work, cost)

    more = model.predict(work * np.array([1.5, 1.0, 2.0])).mean

    assert (more >= model.predict(work).mean).all()


def test_small_networks_count_as_much_as_large_ones() -> None:
    work = np.concatenate([np.full(20, 1.0), np.full(20, 1e4)])[:, None]
    noisy = np.where(np.arange(40) % 2, 0.8, 1.2) * work[:, 0]

    relative = RooflineRecipe(fixed=False).fit(work, noisy).predict(work).mean / work[:, 0]

    np.testing.assert_allclose(relative, relative[0])


def test_contributions_sum_to_the_prediction() -> None:
    work = some_work()
    model = RooflineRecipe().fit(work, work @ PRICES + 1e-4)

    parts = model.contributions(work)

    assert parts.shape == (60, 4)
    np.testing.assert_allclose(parts.sum(axis=1), model.predict(work).mean)


def test_only_the_columns_named_have_a_price() -> None:
    work = np.column_stack([some_work(), -np.ones(60)])

    model = RooflineRecipe(columns=(0, 2)).fit(work, work[:, 0] * 1e-9)

    assert model.prices[1] == 0
    assert model.prices[3] == 0
    assert model.prices[0] == pytest.approx(1e-9)


def test_negative_work_is_refused_with_the_remedy() -> None:
    with pytest.raises(ValueError, match=r"row 0, column 1 has .*`columns`"):
        RooflineRecipe().fit(np.array([[1.0, -1.0], [2.0, 3.0]]), np.ones(2))


def test_the_spread_covers_the_noise_of_the_data() -> None:
    # 400 rows: the estimated spread of a true 10 % is within 8 and 13 % but for 1 in 1e5 seeds
    work = some_work(400)
    noise = np.random.default_rng(3).lognormal(0, 0.1, 400)

    model = RooflineRecipe().fit(work, (work @ PRICES + 1e-4) * noise)

    assert 0.08 < model.spread < 0.13


def test_outside_the_range_seen_it_says_so_and_widens() -> None:
    work = some_work()
    model = RooflineRecipe().fit(work, work @ PRICES + 1e-4)

    inside, outside = model.predict(work[:1]), model.predict(work.max(axis=0, keepdims=True) * 2)

    assert not inside.extrapolated[0]
    assert outside.extrapolated[0]
    assert outside.std[0] / outside.mean[0] > 2 * inside.std[0] / inside.mean[0]


def test_power_is_in_the_clamp_for_every_input() -> None:
    power = PowerFromEnergy(a_model(PRICES), a_model(PRICES * 80), idle_w=20.0, limit_w=70.0)
    rows = np.vstack([some_work(), np.zeros((1, 3)), np.full((1, 3), 1e30)])

    mean = power.predict(rows).mean

    assert (mean >= 20.0).all()
    assert (mean <= 70.0).all()


def test_doubling_the_work_doubles_time_and_energy_and_leaves_power() -> None:
    time, energy = a_model(PRICES), a_model(PRICES * np.array([30.0, 90.0, 200.0]))
    power, work = PowerFromEnergy(time, energy), some_work()

    np.testing.assert_allclose(time.predict(2 * work).mean, 2 * time.predict(work).mean)
    np.testing.assert_allclose(energy.predict(2 * work).mean, 2 * energy.predict(work).mean)
    np.testing.assert_allclose(power.predict(2 * work).mean, power.predict(work).mean)


@pytest.mark.parametrize("kind", [0, 1, 2])
def test_power_never_falls_when_a_price_of_energy_rises(kind: int) -> None:
    cheap = PRICES * np.array([30.0, 90.0, 200.0])
    dear = cheap * np.where(np.arange(3) == kind, 1.7, 1.0)
    work = some_work()

    before = PowerFromEnergy(a_model(PRICES), a_model(cheap), 10.0, 150.0).predict(work).mean
    after = PowerFromEnergy(a_model(PRICES), a_model(dear), 10.0, 150.0).predict(work).mean

    assert (after >= before).all()


def test_idle_power_above_the_limit_is_refused() -> None:
    with pytest.raises(ValueError, match=r"got 90\.0 and 70\.0"):
        PowerFromEnergy(a_model(PRICES), a_model(PRICES), idle_w=90.0, limit_w=70.0)


def test_power_says_what_it_is_made_of() -> None:
    said = PowerFromEnergy(a_model(PRICES), a_model(PRICES), 5.0).describe()

    assert "clamped to [5, inf] W" in said
    assert said.count("60 measurements") == 2
