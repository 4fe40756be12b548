from dataclasses import dataclass

import numpy as np
import pytest

from hyperwatt.constraints.measurement import Measurement
from hyperwatt.constraints.predictor import Prediction
from hyperwatt.constraints.within_device import WithinDevice, within_device


@dataclass(frozen=True)
class FirstColumn:
    def predict(self, features) -> Prediction:
        column = features[:, 0]
        return Prediction(column, np.full(len(column), 3.0), np.zeros(len(column), dtype=bool))

    def describe(self) -> str:
        return "first column"


def power(**noted: float) -> Measurement:
    return Measurement("power_w", 100.0, 0.0, 2, "counter", "cuda:x", noted=noted)


def means(predictor, *watts: float) -> list[float]:
    return list(predictor.predict(np.array(watts)[:, None]).mean)


def test_every_prediction_lies_in_the_devices_range() -> None:
    clamped = within_device(FirstColumn(), [power(idle_w=60.0, limit_w=700.0)])

    assert means(clamped, 0.0, 60.0, 300.0, 700.0, 9e9) == [60.0, 60.0, 300.0, 700.0, 700.0]


def test_the_spread_is_left_as_it_is() -> None:
    clamped = within_device(FirstColumn(), [power(idle_w=60.0)])

    assert clamped.predict(np.array([[0.0]])).std == [3.0]


@pytest.mark.parametrize("noted", [{}, {"peak_w": 3.0}, {"idle_w": 90.0, "limit_w": 80.0}])
def test_a_device_that_tells_no_range_clamps_nothing(noted: dict[str, float]) -> None:
    assert within_device(FirstColumn(), [power(**noted)]) == FirstColumn()


def test_the_widest_range_that_was_noted_counts() -> None:
    rows = [power(idle_w=60.0, limit_w=500.0), power(idle_w=55.0), power(limit_w=700.0)]

    assert means(within_device(FirstColumn(), rows), 1.0, 9e9) == [55.0, 700.0]


def test_a_range_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match=r"below `limit_w`, got 9\.0 and 3\.0"):
        WithinDevice(FirstColumn(), 9.0, 3.0)


def test_idle_power_above_what_was_measured_at_work_is_not_believed() -> None:
    assert means(within_device(FirstColumn(), [power(idle_w=400.0, limit_w=700.0)]), 1.0) == [100.0]
