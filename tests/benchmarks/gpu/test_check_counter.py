from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.gpu import check_counter
from benchmarks.gpu.chunk import Bench
from hyperwatt.constraints.errors import MeasurementError
from hyperwatt.workers.meters.self_test import Check
from hyperwatt.workers.meters.sensor import Reading, SensorFacts


class Blind:
    """A sensor that shows nothing."""

    def facts(self) -> SensorFacts:
        raise MeasurementError("this board has no sensor")

    def read(self) -> Reading:
        raise MeasurementError("this board has no sensor")


def test_without_a_sensor_the_reason_is_told(
    bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_counter, "open_sensor", lambda device: Blind())

    assert check_counter.CheckCounter().hindrance(bench()) == "this board has no sensor"


def test_the_device_works_only_after_the_look_at_rest(
    bench: Callable[..., Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    class Busy:
        def __init__(self, device: str) -> None: ...

        def __enter__(self) -> Busy:
            said.append("starts")
            return self

        def __exit__(self, *raised: object) -> None:
            said.append("ends")

        def work(self, duration_s: float) -> None:
            said.append("works")

    def looks(sensor: object, load: Callable[[float], object], **named: Any) -> tuple[Check, ...]:
        said.append("rests")
        load(3.0)
        load(10.0)
        return ()

    facts = SensorFacts("GPU-1", "board", "counter", "gauge", 0.1, 10.0)
    sensor = type("Sensor", (), {"facts": lambda self: facts})()
    monkeypatch.setattr(check_counter, "open_sensor", lambda device: sensor)
    monkeypatch.setattr(check_counter, "BusyDevice", Busy)
    monkeypatch.setattr(check_counter, "self_test", looks)

    check_counter.CheckCounter().run(bench(), "idle and load")

    assert said == ["rests", "starts", "works", "works", "ends"]
