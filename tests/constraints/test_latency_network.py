import numpy as np
import pytest

from hyperwatt.constraints.domains import Array
from hyperwatt.constraints.latency_network import LatencyNetworkRecipe, Training


def one_hot_rows(count: int, seed: int = 0) -> Array:
    rng = np.random.default_rng(seed)
    return np.eye(3)[rng.integers(0, 3, (count, 6))].reshape(count, 18)


def latency(rows: Array, slope: float = 1.0) -> Array:
    return 5.0 + slope * rows @ np.linspace(0.1, 2.0, 18)


ROWS, UNSEEN = one_hot_rows(300), one_hot_rows(100, 1)
BASE = LatencyNetworkRecipe(epochs=20).fit(ROWS, latency(ROWS))


def mape(predicted: Array, truth: Array) -> float:
    return float(np.mean(np.abs(predicted / truth - 1)))


@pytest.mark.slow
def test_it_learns_a_sum_of_blocks() -> None:
    assert mape(BASE.predict(UNSEEN).mean, latency(UNSEEN)) < 0.03


@pytest.mark.slow
def test_the_same_seed_gives_the_same_network_and_another_does_not() -> None:
    again, other = (
        LatencyNetworkRecipe(epochs=20, seed=s).fit(ROWS, latency(ROWS)) for s in (0, 1)
    )

    np.testing.assert_array_equal(again.predict(UNSEEN).mean, BASE.predict(UNSEEN).mean)
    assert not np.array_equal(other.predict(UNSEEN).mean, BASE.predict(UNSEEN).mean)


def test_fitting_leaves_the_random_numbers_of_torch_alone() -> None:
    import torch

    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)

    LatencyNetworkRecipe(epochs=1).fit(ROWS[:40], latency(ROWS[:40]))

    assert torch.rand(1) == expected


@pytest.mark.slow
def test_fine_tuning_changes_the_last_layer_alone() -> None:
    tuned = BASE.fine_tuned(ROWS[:100], latency(ROWS[:100], 3.0), Training(epochs=30))

    for (weight, bias), (before, bias_before) in zip(
        tuned.layers[:-1], BASE.layers[:-1], strict=True
    ):
        np.testing.assert_array_equal(weight, before)
        np.testing.assert_array_equal(bias, bias_before)
    truth = latency(UNSEEN, 3.0)
    assert mape(tuned.predict(UNSEEN).mean, truth) < mape(BASE.predict(UNSEEN).mean, truth) / 3


def test_two_resolutions_of_one_network_get_different_answers() -> None:
    pair = np.vstack([UNSEEN[0], UNSEEN[0]])
    pair[1, -3:] = np.roll(pair[1, -3:], 1)  # the last choice is the resolution

    small, large = BASE.predict(pair).mean

    assert small != large


def test_it_is_as_wide_as_published() -> None:
    assert BASE.describe() == "network 18-400-400-400-1, 300 measurements"


@pytest.mark.slow
def test_numbers_of_mixed_size_do_not_spoil_it() -> None:
    hardware = np.column_stack([ROWS, np.tile([4352.0, 3840.0], 150), np.tile([11.0, 24.0], 150)])
    factor = np.tile([1.0, 2.7], 150)

    model = LatencyNetworkRecipe(epochs=20).fit(hardware, factor * latency(ROWS))

    assert mape(model.predict(hardware).mean, factor * latency(ROWS)) < 0.05


def test_too_few_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 20"):
        LatencyNetworkRecipe().fit(ROWS[:19], np.ones(19))
