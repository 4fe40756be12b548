from dataclasses import replace

import numpy as np
import pytest

from hyperwatt.constraints.domains import Array
from hyperwatt.constraints.layerwise.columns import conv_columns, dense_columns, pool_columns
from hyperwatt.constraints.layerwise.traced_layers import (
    LayerModels,
    columns_of,
    predict_network,
)
from hyperwatt.constraints.predictor import Prediction
from hyperwatt.constraints.tracing.network_trace import Geometry, Layer

CONVOLUTION = Geometry(
    operator="conv",
    input_shape=(2, 3, 32, 32),
    output_shape=(2, 8, 15, 15),
    weight_shape=(8, 3, 5, 5),
    kernel=(5, 5),
    stride=(2, 2),
    padding=(1, 1),
    dilation=(1, 1),
)
POOLING = Geometry(
    operator="pool",
    input_shape=(2, 8, 15, 15),
    output_shape=(2, 8, 7, 7),
    kernel=(2, 2),
    stride=(2, 2),
    padding=(0, 0),
    dilation=(1, 1),
)
PRODUCT = Geometry(
    operator="linear", input_shape=(2, 392), output_shape=(2, 10), weight_shape=(10, 392)
)


class Constant:
    """A predictor that knows one cost."""

    def __init__(self, mean: float, std: float = 0.0) -> None:
        self.mean, self.std = mean, std

    def predict(self, features: Array) -> Prediction:
        count = len(features)
        return Prediction(
            np.full(count, self.mean), np.full(count, self.std), features[:, 0] > 1000
        )

    def describe(self) -> str:
        return f"always {self.mean}"


def layer(name: str, kind: str, geometry: Geometry | None = None, operations: int = 1) -> Layer:
    return Layer(
        name=name,
        kind=kind,
        operators=(),
        input_shape=(),
        output_shape=(),
        geometry=geometry,
        macs_by={},
        parameters=0,
        activation_bytes=0,
        traffic_bytes=0,
        operations=operations,
    )


def one(**sizes: float) -> dict[str, Array]:
    return {name: np.array([size], dtype=float) for name, size in sizes.items()}


@pytest.mark.parametrize(
    ("kind", "geometry", "expected"),
    [
        (
            "conv",
            CONVOLUTION,
            conv_columns(
                **one(
                    batch=2, in_channels=3, out_channels=8, side=32, kernel=5, stride=2, padding=1
                )
            ),
        ),
        ("linear", PRODUCT, dense_columns(**one(batch=2, in_features=392, out_features=10))),
        (
            "pool",
            POOLING,
            pool_columns(**one(batch=2, channels=8, side=15, kernel=2, stride=2, padding=0)),
        ),
    ],
)
def test_a_traced_layer_gives_the_row_it_would_be_measured_as(
    kind: str, geometry: Geometry, expected: Array
) -> None:
    found = columns_of(layer("a", kind, geometry))

    assert found is not None
    np.testing.assert_array_equal(found[1], expected[0])


def test_each_token_of_a_sequence_is_an_item_of_a_dense_layer() -> None:
    tokens = Geometry(operator="linear", input_shape=(4, 16, 64), output_shape=(4, 16, 32))

    found = columns_of(layer("a", "linear", tokens))

    assert found is not None
    assert found[1].tolist() == [64, 32, 1, 1, 64]


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("depthwise conv", {"groups": 3}),
        ("grouped conv", {"groups": 3}),
        ("transposed conv", {}),
        ("conv", {"dilation": (2, 2)}),
        ("conv", {"groups": 3}),
        ("conv", {"input_shape": (2, 3, 32), "kernel": (5,)}),
    ],
)
def test_convolutions_the_models_do_not_know_have_no_row(
    kind: str, change: dict[str, object]
) -> None:
    assert columns_of(layer("a", kind, replace(CONVOLUTION, **change))) is None


def test_an_adaptive_pool_that_enlarges_moves_by_a_pixel() -> None:
    enlarging = replace(POOLING, kernel=(1, 1), stride=(0, 0), input_shape=(2, 8, 1, 1))

    found = columns_of(layer("a", "pool", enlarging))

    assert found is not None
    assert found[1].tolist() == [2, 7, 7, 8, 1, 1, 1, 1, 1, 1]


MODELS = {
    "conv": LayerModels(Constant(2e-3, 1e-4), Constant(100.0, 5.0)),
    "dense": LayerModels(Constant(1e-3), Constant(40.0)),
}
NETWORK = [
    layer("features.0", "conv", CONVOLUTION),
    layer("features.1", "norm"),
    layer("features.2", "pool", POOLING),
    layer("flatten", "reshape", operations=0),
    layer("classifier", "linear", PRODUCT),
]


def test_a_network_costs_what_its_covered_layers_do() -> None:
    cost = predict_network(NETWORK, MODELS)

    assert [c.name for c in cost.layers] == ["features.0", "classifier"]
    assert cost.latency_s == pytest.approx(3e-3)
    assert cost.energy_j == pytest.approx(0.2 + 0.04)
    assert cost.latency_std_s == pytest.approx(1e-4)


def test_layers_without_a_model_are_named_and_views_are_not() -> None:
    cost = predict_network(NETWORK, MODELS)

    assert cost.not_covered == (("features.1", "norm"), ("features.2", "pool"))


def test_a_layer_outside_of_the_measured_range_is_marked() -> None:
    huge = replace(CONVOLUTION, input_shape=(2000, 3, 32, 32))

    cost = predict_network([layer("a", "conv", huge), NETWORK[-1]], MODELS)

    assert [c.extrapolated for c in cost.layers] == [True, False]


def test_a_network_of_which_nothing_is_covered_is_refused() -> None:
    with pytest.raises(ValueError, match=r"none that is covered.*conv, dense.*attention, norm"):
        predict_network([layer("a", "norm"), layer("b", "attention")], MODELS)
