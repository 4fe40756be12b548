"""A device that follows a script, on a clock that only work and waiting move."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hyperwatt.constraints.errors import MeasurementError
from hyperwatt.workers.meters.power_meter import PowerMeter
from hyperwatt.workers.meters.protocol import Step
from hyperwatt.workers.meters.sensor import Reading, SensorFacts

TICK_S = 0.1  # readings of a watched device, and steps of its counter
FACTS = SensorFacts("GPU-1", "board", "counter", "gauge", TICK_S, least_window_s=10.0, limit_w=400)


class ScriptedDevice:
    """Draws `idle_w`, and `busy_w(t)` from its work until the next wait.

    Its counter steps every tenth of a second;
    `distort` changes each reading before it is shown: the faults of a sensor.
    """

    def __init__(
        self,
        busy_w: Callable[[float], float] = lambda t: 200.0,
        idle_w: float = 50.0,
        distort: Callable[[Reading], Reading] = lambda reading: reading,
        step_s: float = 0.013,
        facts: SensorFacts = FACTS,
    ) -> None:
        self.now_s, self.energy_j, self.busy = 0.0, 0.0, False
        self._shown_j = 0.0
        self._busy_w, self._idle_w, self._distort, self._step_s = busy_w, idle_w, distort, step_s
        self._facts = facts
        self._watchers: list[ScriptedSampler] = []

    def facts(self) -> SensorFacts:
        return self._facts

    def read(self) -> Reading:
        return self._distort(Reading(self.now_s, power_w=self._watts(), energy_j=self._shown_j))

    def clock(self) -> float:
        return self.now_s

    def sleep(self, duration_s: float) -> None:
        self.busy = False
        self._advance(duration_s)

    def step(self, items: int = 1) -> Step:
        return Step(self._work, lambda: 0, items)

    def watch(self, sensor: ScriptedDevice) -> ScriptedSampler:
        return ScriptedSampler(self)

    def watch_instead(self, sensor: Any) -> ScriptedSampler:
        """Watch another sensor on this device's clock."""
        return ScriptedSampler(self, sensor)

    def meter(self, **others: Any) -> PowerMeter:
        return PowerMeter(
            "gpu:x", self, clock=self.clock, sleep=self.sleep, watch=self.watch, **others
        )

    def _work(self) -> None:
        self.busy = True
        self._advance(self._step_s)

    def _watts(self) -> float:
        return self._busy_w(self.now_s) if self.busy else self._idle_w

    def _advance(self, duration_s: float) -> None:
        end_s = self.now_s + duration_s
        while self.now_s < end_s - 1e-12:
            tick_s = (math.floor(self.now_s / TICK_S + 1e-9) + 1) * TICK_S
            next_s = tick_s if tick_s <= end_s + 1e-9 else end_s
            self.energy_j += self._watts() * (next_s - self.now_s)
            self.now_s = next_s
            if next_s == tick_s:
                self._shown_j = self.energy_j
                for watcher in self._watchers:
                    watcher.read_now()


class ScriptedSampler:
    """Stands in for a `Sampler`: reads at each tick, in no thread."""

    def __init__(self, device: ScriptedDevice, sensor: Any = None) -> None:
        self._device, self._readings, self.fault = device, [], ""
        self._sensor = sensor or device

    def __enter__(self) -> ScriptedSampler:
        self._device._watchers.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        self._device._watchers.remove(self)

    def read_now(self) -> Reading:
        self._readings.append(self._sensor.read())
        return self._readings[-1]

    def readings(self) -> tuple[Reading, ...]:
        return tuple(self._readings)


class AbsentSensor:
    """A sensor that cannot be read."""

    def facts(self) -> SensorFacts:
        raise MeasurementError("no sensor here; buy one")

    def read(self) -> Reading:
        raise MeasurementError("no sensor here; buy one")


@pytest.fixture
def scripted() -> type[ScriptedDevice]:
    return ScriptedDevice


@pytest.fixture
def absent_sensor() -> AbsentSensor:
    return AbsentSensor()


@pytest.fixture
def facts() -> Callable[..., SensorFacts]:
    """Facts of the scripted sensor, some of them changed."""
    return lambda **changes: replace(FACTS, **changes)
