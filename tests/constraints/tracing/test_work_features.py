import numpy as np

from hyperwatt.constraints.tracing.network_trace import Layer, Work
from hyperwatt.constraints.tracing.work_features import (
    ADDITIVE_FEATURES,
    WORK_FEATURES,
    layer_features,
    layer_matrix,
    work_features,
    work_matrix,
)

LAYER = Layer("fc", "linear", (), (), (), None, {"matmul": 4}, 0, 0, 5, 1)
WORK = Work({"conv": 1, "depthwise": 2, "matmul": 3, "attention": 4}, 5, 6, 7, {})


def test_every_column_holds_what_its_name_says() -> None:
    assert work_features(WORK) == {
        "macs_conv": 1,
        "macs_depthwise": 2,
        "macs_matmul": 3,
        "macs_attention": 4,
        "traffic_bytes": 5,
        "operations": 6,
        "peak_bytes": 7,
    }


def test_columns_are_in_the_order_of_their_names() -> None:
    assert tuple(work_features(WORK)) == WORK_FEATURES
    assert tuple(layer_features(LAYER)) == ADDITIVE_FEATURES


def test_an_absent_class_is_zero() -> None:
    assert layer_features(LAYER)["macs_conv"] == 0.0


def test_matrices_have_a_row_each_and_no_row_is_a_matrix_too() -> None:
    np.testing.assert_array_equal(work_matrix([WORK, WORK]), [[1, 2, 3, 4, 5, 6, 7]] * 2)
    np.testing.assert_array_equal(layer_matrix([LAYER]), [[0, 0, 4, 0, 5, 1]])
    assert work_matrix([]).shape == (0, 7)
    assert layer_matrix([]).shape == (0, 6)
