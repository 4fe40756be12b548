import threading

import pytest

from hyperwatt.constraints.errors import MeasurementError
from hyperwatt.workers.meters import sampler as sampler_module
from hyperwatt.workers.meters.sampler import Sampler
from hyperwatt.workers.meters.sensor import Reading


class Counting:
    """A sensor whose time is the number of readings; it notices two readers at once."""

    def __init__(self, lost_after: int | None = None) -> None:
        self.count, self.lost_after, self.crossed = 0, lost_after, False
        self.enough = threading.Event()
        self._inside = threading.Lock()

    def read(self) -> Reading:
        self.crossed |= not self._inside.acquire(blocking=False)
        if self.count == self.lost_after:
            self._inside.release()
            self.enough.set()
            raise MeasurementError("the GPU is lost")
        self.count += 1
        if self.count >= 20:
            self.enough.set()
        self._inside.release()
        return Reading(float(self.count))


def test_readings_of_both_threads_stand_in_order() -> None:
    sensor = Counting()

    with Sampler(sensor, period_s=0.001) as sampler:
        for _ in range(200):
            sampler.read_now()
        assert sensor.enough.wait(10)

    times = [reading.time_s for reading in sampler.readings()]
    assert times == sorted(times)
    assert len(times) == sensor.count >= 200
    assert not sensor.crossed


def test_each_reading_is_handed_on_as_it_comes() -> None:
    sensor, kept = Counting(), []

    with Sampler(sensor, kept.append, period_s=0.001) as sampler:
        assert sensor.enough.wait(10)

    assert kept == list(sampler.readings())


def test_a_device_that_is_lost_keeps_what_was_read_and_is_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sampler_module, "AFTER_FAULT_S", 0.001)
    sensor = Counting(lost_after=3)

    with Sampler(sensor, period_s=0.001) as sampler:
        assert sensor.enough.wait(10)
        sensor.lost_after = None
        sensor.enough.clear()
        assert sensor.enough.wait(10)

    assert [reading.time_s for reading in sampler.readings()][:4] == [1.0, 2.0, 3.0, 4.0]
    assert sampler.fault == "the GPU is lost"


def test_forgetting_keeps_the_last_reading_before() -> None:
    sampler = Sampler(Counting(), period_s=9.0)
    for _ in range(6):
        sampler.read_now()

    sampler.forget_before(4.5)

    assert [reading.time_s for reading in sampler.readings()] == [4.0, 5.0, 6.0]
