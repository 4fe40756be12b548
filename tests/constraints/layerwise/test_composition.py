import json
from pathlib import Path

import numpy as np
import pytest

from hyperwatt.constraints.cross_validation import rmspe
from hyperwatt.constraints.layerwise.composition import LayerCost, compose

PIXEL1 = Path(__file__).parents[4] / "shared/data/pixel1_lut/pixel1_runtime_model.json"

# [Cai2017], five networks on a Titan X: VGG-16, AlexNet, NIN, Overfeat, CIFAR10-6conv.
PREDICTED_MS = np.array([373.82, 43.41, 62.62, 195.21, 51.13])
MEASURED_MS = np.array([368.42, 39.02, 50.66, 197.99, 50.09])
PREDICTED_W = np.array([206.88, 174.25, 179.98, 172.20, 165.33])
MEASURED_W = np.array([204.80, 194.62, 226.34, 172.30, 188.34])
PREDICTED_J = np.array([77.312, 7.565, 11.269, 33.616, 8.938])
MEASURED_J = np.array([75.452, 7.594, 11.465, 34.113, 9.433])


def some_layers(count: int = 6, seed: int = 0) -> list[LayerCost]:
    rng = np.random.default_rng(seed)
    return [
        LayerCost(f"layer{i}", "conv", t, p, latency_std_s=t / 10, power_std_w=p / 20)
        for i, (t, p) in enumerate(rng.uniform([1e-4, 50.0], [1e-2, 200.0], (count, 2)))
    ]


@pytest.mark.parametrize(
    ("predicted", "measured", "published"),
    [
        (PREDICTED_MS, MEASURED_MS, 88.23),
        (PREDICTED_W, MEASURED_W, 88.34),
        (PREDICTED_J, MEASURED_J, 97.21),
    ],
)
def test_the_published_accuracy_is_one_minus_rmspe(
    predicted: np.ndarray, measured: np.ndarray, published: float
) -> None:
    assert 100 * (1 - rmspe(predicted, measured)) == pytest.approx(published, abs=0.01)


@pytest.mark.parametrize("seed", range(5))
def test_power_lies_between_that_of_its_layers(seed: int) -> None:
    layers = some_layers(seed=seed)

    power = compose(layers).power_w

    assert min(layer.power_w for layer in layers) <= power
    assert power <= max(layer.power_w for layer in layers)


@pytest.mark.parametrize("seed", range(5))
def test_energy_is_power_times_time_and_the_sum_over_layers(seed: int) -> None:
    layers = some_layers(seed=seed)

    network = compose(layers)

    assert network.energy_j == pytest.approx(network.power_w * network.latency_s, rel=1e-12)
    assert network.energy_j == pytest.approx(sum(layer.energy_j for layer in layers), rel=1e-12)


def test_splitting_a_layer_in_two_halves_changes_nothing() -> None:
    first, *rest = some_layers()
    half = LayerCost(
        name="half",
        kind=first.kind,
        latency_s=first.latency_s / 2,
        power_w=first.power_w,
        latency_std_s=first.latency_std_s / 2,
        power_std_w=first.power_std_w,
    )

    whole, split = compose([first, *rest]), compose([half, half, *rest])

    for name in ("latency_s", "power_w", "energy_j"):
        assert getattr(split, name) == pytest.approx(getattr(whole, name), rel=1e-12)
    for name in ("latency_std_s", "power_std_w", "energy_std_j"):  # halves share their error
        assert getattr(split, name) == pytest.approx(getattr(whole, name), rel=1e-12)


def test_the_order_of_layers_does_not_matter() -> None:
    layers = some_layers()

    assert compose(layers[::-1]).energy_j == pytest.approx(compose(layers).energy_j, rel=1e-12)


def test_shares_add_up_and_the_bottleneck_has_the_largest() -> None:
    layers = some_layers()
    network = compose(layers)

    assert network.shares().sum() == pytest.approx(1.0)
    assert network.bottleneck() is layers[int(np.argmax(network.shares()))]


@pytest.mark.parametrize("correlation", [0.0, 0.3, 1.0])
def test_the_spread_is_that_of_simulated_layers(correlation: float) -> None:
    rng = np.random.default_rng(0)
    layers = some_layers()
    time = np.array([layer.latency_s for layer in layers])
    power = np.array([layer.power_w for layer in layers])
    draws = 20_000
    covariance = correlation + (1 - correlation) * np.eye(len(layers))
    errors = rng.multivariate_normal(np.zeros(len(layers)), covariance, (2, draws))
    times, powers = time * (1 + errors[0] / 100), power * (1 + errors[1] / 200)
    narrow = [
        LayerCost("a", "conv", t, p, latency_std_s=t / 100, power_std_w=p / 200)
        for t, p in zip(time, power, strict=True)
    ]

    network = compose(narrow, correlation=correlation)

    energies, totals = (times * powers).sum(axis=1), times.sum(axis=1)
    # a deviation of 20,000 draws is good to 0.5 %: eight of those for each of the three
    assert network.latency_std_s == pytest.approx(totals.std(), rel=0.04)
    assert network.energy_std_j == pytest.approx(energies.std(), rel=0.04)
    assert network.power_std_w == pytest.approx((energies / totals).std(), rel=0.04)


def test_one_extrapolated_layer_marks_the_network() -> None:
    outside = LayerCost("b", "conv", 1e-3, 100.0, extrapolated=True)

    assert compose([*some_layers(), outside]).extrapolated
    assert not compose(some_layers()).extrapolated


@pytest.mark.parametrize(
    ("choice", "total_ms"),
    [("3", 131.458), ("0", 65.691), ("1", 110.652), ("2", 76.362)],
)
def test_a_look_up_table_adds_up_to_its_published_networks(choice: str, total_ms: float) -> None:
    if not PIXEL1.exists():
        pytest.skip(f"no look-up table at {PIXEL1}")
    table = json.loads(PIXEL1.read_text())
    fixed = LayerCost("stem, head and fixed blocks", "fixed", 19.5999e-3, 1.0)  # [Stamoulis2019]
    blocks = [LayerCost(str(i), "block", table[str(i)][choice] * 1e-3, 1.0) for i in range(1, 21)]

    assert compose([fixed, *blocks]).latency_s * 1e3 == pytest.approx(total_ms, abs=1e-3)


@pytest.mark.parametrize(
    ("layers", "correlation", "says"),
    [
        ([], 1.0, "more than 0 s"),
        ([LayerCost("a", "conv", 0.0, 1.0)], 1.0, "more than 0 s"),
        ([LayerCost("a", "conv", 1.0, 1.0)], 1.5, "`correlation` must be between 0 and 1"),
    ],
)
def test_what_cannot_be_composed_is_refused(
    layers: list[LayerCost], correlation: float, says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        compose(layers, correlation=correlation)


def test_a_layer_with_a_negative_cost_is_named() -> None:
    with pytest.raises(ValueError, match="`power_w` of layer 'conv1'"):
        LayerCost("conv1", "conv", 1.0, -1.0)
