"""Reads a sensor again and again in a thread, while work is done beside it.

The pause between two readings is drawn anew each time: NVML's own sensor looks at a quarter of the
time on some boards, and a steady rhythm could meet a training's own [Yang2023].

[Yang2023] Yang et al., "Part-time Power Measurements", arXiv:2312.02741.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from types import TracebackType

from ...constraints.errors import MeasurementError
from .sensor import Reading, Sensor

PERIOD_S = 0.1  # NVML's counter steps so often; at half, twice the calls show the same
AFTER_FAULT_S = 1.0  # a longer gap is not bridged, so trying sooner is worth nothing
JITTER = 0.5  # share of the period by which a pause is shorter or longer at most


class Sampler:
    """Collects a sensor's readings; use it as a context.

    Readings taken by `read_now` stand in the same order with those of the thread.
    """

    def __init__(
        self,
        sensor: Sensor,
        keep: Callable[[Reading], object] | None = None,
        period_s: float = PERIOD_S,
    ) -> None:
        """Not yet reading.

        Args:
            sensor: to be read, by one thread at a time.
            keep: is given each reading as it comes; must not read itself.
            period_s: between two readings, on average.
        """
        self._sensor, self._keep, self._period_s = sensor, keep, period_s
        self._readings: list[Reading] = []
        self._turn = threading.Lock()
        self._over = threading.Event()
        self._random = random.Random(0)
        self._thread = threading.Thread(target=self._sample, name="sampler", daemon=True)
        self.fault = ""

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Read no more; what was read stays."""
        self._over.set()
        self._thread.join()

    def __enter__(self) -> Sampler:
        """Begin to read."""
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Read no more; what was read stays."""
        self.stop()

    def read_now(self) -> Reading:
        """One reading more, at this moment.

        Raises:
            MeasurementError: if the device is gone.
        """
        with self._turn:
            reading = self._sensor.read()
            self._readings.append(reading)
            if self._keep is not None:  # within the turn, so that it is given them in order
                self._keep(reading)
        return reading

    def readings(self) -> tuple[Reading, ...]:
        """All readings so far, in order of time."""
        with self._turn:
            return tuple(self._readings)

    def forget_before(self, time_s: float) -> None:
        """Let go of the readings before a time, but for the last of them."""
        with self._turn:
            before = [i for i, r in enumerate(self._readings) if r.time_s <= time_s]
            del self._readings[: before[-1] if before else 0]

    def _sample(self) -> None:
        while not self._over.is_set():
            pause_s = self._period_s * (1 + JITTER * self._random.uniform(-1, 1))
            try:
                self.read_now()
            except MeasurementError as error:  # it may answer again
                self.fault = str(error)
                pause_s = AFTER_FAULT_S
            self._over.wait(pause_s)
