import numpy as np
import pytest

from hyperwatt.constraints.domains import Array
from hyperwatt.constraints.layerwise.columns import (
    COLUMNS,
    conv_columns,
    dense_columns,
    pool_columns,
)
from hyperwatt.constraints.layerwise.layer_work import LANES, WORK, layer_work


def one(**sizes: float) -> dict[str, Array]:
    return {name: np.array([size], dtype=float) for name, size in sizes.items()}


def named(kind: str, rows: Array) -> dict[str, float]:
    return dict(zip(WORK[kind], layer_work(kind, rows)[0].tolist(), strict=True))


@pytest.mark.parametrize("kind", COLUMNS)
def test_every_amount_has_a_name_and_none_is_negative(kind: str) -> None:
    rows = np.full((3, len(COLUMNS[kind])), 5.0)

    work = layer_work(kind, rows)

    assert work.shape == (3, len(WORK[kind]))
    assert (work >= 0).all()


def test_a_convolution_multiplies_each_window_with_each_filter() -> None:
    work = named(
        "conv",
        conv_columns(
            **one(batch=2, in_channels=3, out_channels=20, side=10, kernel=3, stride=1, padding=0)
        ),
    )

    assert work["macs"] == 2 * 8 * 8 * 3 * 3 * 3 * 20
    assert work["lane_macs"] == work["macs"] / 20 * 2 * LANES
    assert work["in_numbers"] == 2 * 10 * 10 * 3
    assert work["out_numbers"] == 2 * 8 * 8 * 20


def test_a_pool_compares_each_number_of_each_window() -> None:
    work = named(
        "pool",
        pool_columns(**one(batch=2, channels=3, side=8, kernel=2, stride=2, padding=0)),
    )

    assert work["compared"] == 2 * 4 * 4 * 3 * 4
    assert work["in_numbers"] == 2 * 8 * 8 * 3


def test_a_dense_layer_moves_inputs_outputs_and_weights() -> None:
    work = named("dense", dense_columns(**one(batch=4, in_features=10, out_features=6)))

    assert work["moved"] == 4 * 10 + 4 * 6 + 10 * 6
    assert work["macs"] == 4 * 10 * 6
