import numpy as np
import pytest

from hyperwatt.constraints.domains import Array
from hyperwatt.constraints.transfer.pooled import TransferRecipe

SPEEDS = (1.0, 2.0, 0.5, 3.0)  # of devices 0 to 3; the last has few rows
FEW = 8


def pooled_rows() -> tuple[Array, Array]:
    rng = np.random.default_rng(0)
    parts = []
    for device, speed in enumerate(SPEEDS):
        count = FEW if device == 3 else 120
        x = rng.uniform(1, 10, (count, 3))
        cost = speed * (x[:, 0] + (1 + device) * x[:, 1] * x[:, 2])
        parts.append(np.column_stack([np.full(count, device), x, cost]))
    rows = np.vstack(parts)
    return rows[:, :-1], rows[:, -1]


def test_each_device_is_predicted_by_its_own_level() -> None:
    features, costs = pooled_rows()
    model = TransferRecipe("log-linear-2").fit(features, costs)

    predicted = model.predict(features).mean

    for device in range(len(SPEEDS)):
        at = features[:, 0] == device
        assert np.median(np.abs(predicted[at] / costs[at] - 1)) < 0.1


def test_the_order_of_rows_does_not_matter() -> None:
    features, costs = pooled_rows()
    shuffled = np.random.default_rng(1).permutation(len(costs))
    recipe = TransferRecipe("log-linear")

    one = recipe.fit(features, costs).predict(features[:20])
    same = recipe.fit(features[shuffled], costs[shuffled]).predict(features[:20])

    np.testing.assert_allclose(same.mean, one.mean, rtol=1e-6)


def test_a_device_that_was_never_measured_is_marked_and_doubted() -> None:
    features, costs = pooled_rows()
    model = TransferRecipe("log-linear").fit(features, costs)
    asked = np.vstack([features[0], features[0]])
    asked[1, 0] = 77

    p = model.predict(asked)

    assert p.extrapolated.tolist() == [False, True]
    assert p.std[1] / p.mean[1] > 2 * p.std[0] / p.mean[0]


def test_it_says_how_many_devices_are_sources() -> None:
    model = TransferRecipe("log-linear").fit(*pooled_rows())

    assert model.describe() == "pooled over 4 devices, 3 of them sources with 360 measurements"


def test_a_table_of_devices_with_few_rows_is_refused() -> None:
    features, costs = pooled_rows()

    with pytest.raises(ValueError, match="at least 2 source devices"):
        TransferRecipe("log-linear", source_rows=500).fit(features, costs)


def test_an_unknown_base_is_named() -> None:
    with pytest.raises(ValueError, match="did you mean 'linear'"):
        TransferRecipe("linaer")


def test_predict_names_the_width_it_wants() -> None:
    model = TransferRecipe("log-linear").fit(*pooled_rows())

    with pytest.raises(ValueError, match=r"must be \(n, 4\)"):
        model.predict(np.ones((1, 3)))
