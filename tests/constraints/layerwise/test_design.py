import numpy as np
import pytest

from hyperwatt.constraints.layerwise.columns import (
    COLUMNS,
    conv_columns,
    dense_columns,
    pool_columns,
)
from hyperwatt.constraints.layerwise.design import design, products


def some_convolutions(count: int = 3) -> np.ndarray:
    rng = np.random.default_rng(0)
    return conv_columns(
        batch=rng.integers(1, 64, count),
        in_channels=rng.integers(1, 16, count),
        out_channels=rng.integers(1, 64, count),
        side=rng.integers(8, 64, count),
        kernel=rng.integers(2, 6, count),
        stride=rng.integers(1, 3, count),
        padding=rng.integers(0, 2, count),
    )


@pytest.mark.parametrize(
    ("kind", "quantity", "width"),
    [
        ("conv", "time", 128),
        ("conv", "power", 128),
        ("dense", "time", 22),
        ("dense", "power", 66),
        ("pool", "time", 87),
        ("pool", "power", 94),
    ],
)
def test_widths_are_those_of_the_released_scripts(kind: str, quantity: str, width: int) -> None:
    rows = np.full((2, len(COLUMNS[kind])), 3.0)

    assert design(kind, quantity, rows).shape == (2, width)


def test_the_largest_special_term_of_a_convolution_counts_its_multiplications() -> None:
    row = conv_columns(
        batch=np.array([2.0]),
        in_channels=np.array([3.0]),
        out_channels=np.array([5.0]),
        side=np.array([10.0]),
        kernel=np.array([3.0]),
        stride=np.array([1.0]),
        padding=np.array([0.0]),
    )

    special = design("conv", "time", row)[0, -8:]

    assert special.tolist() == [
        *(8 * 8 * 5 * 9 * 3, 2 * 8 * 8 * 5 * 9 * 3, 2 * 8 * 8 * 9 * 3, 2 * 8 * 8 * 5),
        *(9 * 3 * 5, 2 * 10 * 10 * 3, 2 * 10 * 3, 2 * 10 * 3),
    ]


def test_special_terms_of_a_pooling_are_windows_outputs_and_inputs() -> None:
    row = pool_columns(
        batch=np.array([2.0]),
        channels=np.array([3.0]),
        side=np.array([8.0]),
        kernel=np.array([2.0]),
        stride=np.array([2.0]),
        padding=np.array([0.0]),
    )

    assert design("pool", "power", row)[0, -3:].tolist() == [
        *(2 * 4 * 4 * 3 * 4, 2 * 4 * 4 * 3, 2 * 8 * 8 * 3)
    ]


def test_the_last_term_of_a_dense_layers_time_is_the_product_of_its_columns() -> None:
    row = dense_columns(
        batch=np.array([8.0]), in_features=np.array([64.0]), out_features=np.array([10.0])
    )

    assert design("dense", "time", row)[0, -1] == 8 * 64 * 10


def test_the_first_column_is_the_intercepts() -> None:
    assert (design("conv", "power", some_convolutions())[:, 0] == 1).all()


def test_products_are_counted_with_repetition() -> None:
    counts = [products(np.ones((1, 7)), degree).shape[1] for degree in (1, 2, 3)]

    assert counts == [7, 7 + 28, 7 + 28 + 84]


def test_padding_may_be_zero_but_no_other_size() -> None:
    rows = some_convolutions()
    rows[1, 2] = 0.0

    with pytest.raises(ValueError, match=r"out_width = 0\.0 in row 1"):
        design("conv", "time", rows)


@pytest.mark.parametrize(
    ("kind", "quantity", "rows", "says"),
    [
        ("conf", "time", np.ones((1, 16)), "did you mean 'conv'"),
        ("conv", "energy", np.ones((1, 16)), "must be one of time, power"),
        ("conv", "time", np.ones((1, 15)), r"must be \(n, 16\), got \(1, 15\)"),
        ("dense", "time", np.array([[1.0, np.nan, 1.0, 1.0, 1.0]]), "out_features = nan"),
    ],
)
def test_what_is_no_layer_is_named(kind: str, quantity: str, rows: np.ndarray, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        design(kind, quantity, rows)
