from dataclasses import replace

from hyperwatt.constraints.measurement import SHARED, Measurement
from hyperwatt.workers.meters.protocol import Step, Window
from hyperwatt.workers.meters.watched import WatchedMeter

STEP = Step(lambda: None, lambda: 0, 1)


class Stopwatch:
    device_kind = "gpu:x"

    def can_measure(self) -> dict[str, str]:
        return {"latency_s": "stopwatch"}

    def cannot_measure(self) -> dict[str, str]:
        return {}

    def measure(self, metric: str, step: Step, window: Window) -> Measurement:
        return Measurement(metric, 1.0, 0.0, 1, "stopwatch", self.device_kind)


def test_a_value_carries_the_conditions_it_was_measured_under(scripted) -> None:
    device = scripted(distort=lambda r: replace(r, temperature_c=61.0, busy_processes=2))

    measured = WatchedMeter(Stopwatch(), device).measure("latency_s", STEP, Window())

    assert measured.noted == {"temperature_c": 61.0}
    assert measured.attribution == SHARED


def test_where_nothing_can_watch_the_value_is_as_it_is(absent_sensor) -> None:
    plain = Stopwatch().measure("latency_s", STEP, Window())

    assert WatchedMeter(Stopwatch(), absent_sensor).measure("latency_s", STEP, Window()) == plain


def test_it_can_measure_what_its_meter_can(scripted) -> None:
    meter = WatchedMeter(Stopwatch(), scripted())

    assert meter.can_measure() == {"latency_s": "stopwatch"}
    assert meter.device_kind == "gpu:x"
