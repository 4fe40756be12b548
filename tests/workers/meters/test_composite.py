import pytest

from hyperwatt.constraints.errors import MeasurementError
from hyperwatt.constraints.measurement import Measurement
from hyperwatt.workers.meters.composite import CompositeMeter
from hyperwatt.workers.meters.protocol import Step, Window, measure_all

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


class TogetherFake(FakeMeter):
    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.asked: list[list[str]] = []

    def measure_together(self, metrics, step, window) -> dict[str, Measurement]:
        self.asked.append(list(metrics))
        return {metric: self.measure(metric, step, window) for metric in metrics}


def test_metrics_of_one_meter_are_measured_together() -> None:
    second = TogetherFake("b", {"latency_s": "2", "power_w": "2", "energy_j": "2"}, {})
    metrics = ["energy_j", "latency_s", "power_w"]

    measured = measure_all(CompositeMeter((FIRST, second)), metrics, STEP, Window())

    assert set(measured) == set(metrics)
    assert measured["latency_s"].method == "first"
    assert second.asked == [["energy_j", "power_w"]]


def test_nothing_is_measured_when_one_metric_cannot_be() -> None:
    second = TogetherFake("b", {"energy_j": "2"}, {"power_w": "no counter"})

    with pytest.raises(MeasurementError, match="no counter"):
        measure_all(CompositeMeter((second,)), ["energy_j", "power_w"], STEP, Window())

    assert second.asked == []
