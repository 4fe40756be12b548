import numpy as np
import pytest
from scipy.stats import spearmanr

from hyperwatt.constraints.domains import Array
from hyperwatt.constraints.linear import LinearRecipe
from hyperwatt.constraints.log_linear import LogLinearRecipe
from hyperwatt.constraints.transfer.fleet import Fleet, learn_fleet
from hyperwatt.constraints.transfer.shapes import DeviceRows

NOISE = 0.02


def candidates(count: int, rng: np.random.Generator) -> Array:
    """Widths of six layers."""
    return rng.uniform(8, 64, (count, 6))


class Device:
    """Time is a start, and for each layer a price of multiplying and one of moving."""

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.start, self.speed = rng.uniform(0.5, 4.0), rng.uniform(0.3, 3.0)
        self.early, self.late = rng.uniform(0.2, 1.8, 2)

    def truth(self, x: Array) -> Array:
        work = self.early * x[:, :3].sum(axis=1) + self.late * x[:, 3:].sum(axis=1)
        return 1e-3 * self.speed * (self.start + 0.05 * work)

    def measure(self, count: int, seed: int, noise: float = NOISE) -> DeviceRows:
        rng = np.random.default_rng(seed)
        x = candidates(count, rng)
        return DeviceRows(x, self.truth(x) * rng.lognormal(0.0, noise, count))


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    return learn_fleet([Device(i).measure(150, i) for i in range(8)], LinearRecipe(1e-4))


UNSEEN = candidates(400, np.random.default_rng(99))


def mape(predicted: Array, truth: Array) -> float:
    return float(np.mean(np.abs(predicted / truth - 1)))


@pytest.mark.parametrize("seed", [100, 101, 102])
def test_ten_rows_of_a_new_device_do_better_than_a_fit_to_them_alone(
    fleet: Fleet, seed: int
) -> None:
    device = Device(seed)
    few = device.measure(10, seed)

    pooled = fleet.adapt(few.features, few.costs).predict(UNSEEN).mean

    alone = LogLinearRecipe().fit(few.features, few.costs).predict(UNSEEN).mean
    truth = device.truth(UNSEEN)
    assert mape(pooled, truth) < mape(alone, truth)
    assert mape(pooled, truth) < 0.05
    assert spearmanr(pooled, truth).statistic > 0.97


def test_more_rows_of_a_device_leave_less_doubt(fleet: Fleet) -> None:
    rows = Device(100).measure(40, 100)

    doubts = [
        float((p.std / p.mean).mean())
        for n in (0, 3, 10, 40)
        for p in [fleet.adapt(rows.features[:n], rows.costs[:n]).predict(UNSEEN)]
    ]

    assert doubts == sorted(doubts, reverse=True)
    assert doubts[0] > 0.5


def test_without_a_row_a_device_is_the_mean_device(fleet: Fleet) -> None:
    model = fleet.adapt(UNSEEN[:0], np.zeros(0))

    mean_device = np.exp(fleet.shapes(UNSEEN) @ fleet.prior.mean)
    np.testing.assert_allclose(model.predict(UNSEEN).mean, mean_device, rtol=1e-9)


@pytest.mark.slow
def test_the_interval_holds_what_was_not_seen(fleet: Fleet) -> None:
    inside = []
    for seed in range(200, 220):
        device = Device(seed)
        few, asked = device.measure(10, seed), device.measure(50, seed + 1000)
        p = fleet.adapt(few.features, few.costs).predict(asked.features)
        inside.append(np.mean(np.abs(asked.costs - p.mean) < 1.645 * p.std))

    # 90 % is meant; the mean over 20 devices of such shares has a deviation of about 3 points
    assert 0.78 < np.mean(inside) < 0.995


def test_the_noise_of_a_device_is_learned_from_its_rows(fleet: Fleet) -> None:
    calm, shaken = (Device(100).measure(60, 100, noise) for noise in (0.01, 0.2))

    noises = [fleet.adapt(r.features, r.costs).noise for r in (calm, shaken)]

    assert noises[0] < 0.05
    assert 0.12 < noises[1] < 0.3


@pytest.mark.slow
def test_the_unit_of_the_costs_does_not_matter(fleet: Fleet) -> None:
    sources = [Device(i).measure(150, i) for i in range(8)]
    in_ms = learn_fleet(
        [DeviceRows(s.features, 1e3 * s.costs) for s in sources], LinearRecipe(1e-4)
    )
    few = Device(100).measure(10, 100)

    ms = in_ms.adapt(few.features, 1e3 * few.costs).predict(UNSEEN).mean

    # the prior of the shared level is weak, not absent
    np.testing.assert_allclose(
        ms, 1e3 * fleet.adapt(few.features, few.costs).predict(UNSEEN).mean, rtol=1e-4
    )


def test_chosen_rows_tell_more_than_drawn_ones(fleet: Fleet) -> None:
    pool = candidates(200, np.random.default_rng(5))

    def doubt(rows: Array) -> float:
        model = fleet.adapt(pool[rows], Device(100).truth(pool[rows]))
        shapes = fleet.shapes(UNSEEN)
        return float(model.posterior.predict(0, shapes, shapes)[1].mean())

    chosen = doubt(fleet.telling_rows(pool, 6))
    drawn = [doubt(np.random.default_rng(s).choice(200, 6, replace=False)) for s in range(10)]

    assert chosen < np.median(drawn)


def test_rows_are_chosen_once_each(fleet: Fleet) -> None:
    assert len(set(fleet.telling_rows(UNSEEN[:12], 12).tolist())) == 12


def test_a_candidate_outside_of_the_sources_range_is_marked_and_doubted(fleet: Fleet) -> None:
    few = Device(100).measure(10, 100)
    asked = np.vstack([UNSEEN[0], UNSEEN[0] * 8])

    p = fleet.adapt(few.features, few.costs).predict(asked)

    assert p.extrapolated.tolist() == [False, True]
    assert p.std[1] / p.mean[1] > p.std[0] / p.mean[0]


def test_one_source_cannot_show_how_devices_differ() -> None:
    with pytest.raises(ValueError, match=r"at least 2 source devices.*got 1"):
        learn_fleet([Device(0).measure(150, 0)], LinearRecipe())


@pytest.mark.parametrize("count", [0, 13])
def test_as_many_rows_as_there_are_can_be_chosen(fleet: Fleet, count: int) -> None:
    with pytest.raises(ValueError, match=f"`count` must be 1 to 12, got {count}"):
        fleet.telling_rows(UNSEEN[:12], count)


def test_costs_of_nothing_are_refused(fleet: Fleet) -> None:
    with pytest.raises(ValueError, match="`costs` must be positive"):
        fleet.adapt(UNSEEN[:2], np.array([1.0, 0.0]))
