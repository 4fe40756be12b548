import pytest

from hyperwatt.constraints.errors import MeasurementError
from hyperwatt.constraints.measurement import Measurement
from hyperwatt.workers.meters.composite import CompositeMeter
from hyperwatt.workers.meters.protocol import Step, Window

STEP = Step(lambda: None, lambda: 0, 1)


class FakeMeter:
    def __init__(self, kind: str, can: dict[str, str], cannot: dict[str, str]) -> None:
        self.device_kind, self._can, self._cannot = kind, can, cannot

    def can_measure(self) -> dict[str, str]:
        return self._can

    def cannot_measure(self) -> dict[str, str]:
        return self._cannot

    def measure(self, metric: str, step: Step, window: Window) -> Measurement:
        return Measurement(metric, 1.0, 0.0, 1, self._can[metric], self.device_kind)


FIRST = FakeMeter("a", {"latency_s": "first"}, {"power_w": "no counter"})
SECOND = FakeMeter("b", {"latency_s": "second", "energy_j": "second"}, {})


def test_each_metric_is_read_by_the_first_that_can() -> None:
    meter = CompositeMeter((FIRST, SECOND))

    assert meter.measure("latency_s", STEP, Window()).method == "first"
    assert meter.measure("energy_j", STEP, Window()).method == "second"
    assert meter.can_measure() == {"latency_s": "first", "energy_j": "second"}


def test_what_none_can_read_says_why() -> None:
    meter = CompositeMeter((FIRST, SECOND))

    with pytest.raises(MeasurementError, match="`power_w` cannot be measured on a: no counter"):
        meter.measure("power_w", STEP, Window())


def test_what_one_of_them_can_read_can_be_read() -> None:
    helped = CompositeMeter((FIRST, FakeMeter("b", {"power_w": "helped"}, {})))

    assert helped.cannot_measure() == {}
