"""Whether the device's energy counter and the power it shows agree, at rest and at work."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any

from hyperwatt.constraints.errors import MeasurementError
from hyperwatt.workers.load import BusyDevice
from hyperwatt.workers.meters.power_trace import Drawn
from hyperwatt.workers.meters.self_test import WINDOW_S, Check, self_test
from hyperwatt.workers.meters.sensor import Sensor

from .chunk import Bench, Finding, done

GOAL = "apart by at most 10 %"
PIECE = "idle and load"


class CheckCounter:
    """See `Chunk`."""

    name = "self-test"
    title = "Energy counter against integrated power"

    def hindrance(self, bench: Bench) -> str:
        """A sensor of power is needed."""
        if bench.simulated:
            return "a simulated device has no sensor"
        try:
            open_sensor(bench.device).facts()
        except MeasurementError as error:
            return str(error)
        return ""

    def pieces(self, bench: Bench) -> Sequence[str]:
        """One."""
        return (PIECE,)

    def run(self, bench: Bench, piece: str) -> dict[str, Any]:
        """Look at rest, then at work that another process does."""
        sensor = open_sensor(bench.device)
        facts = asdict(sensor.facts())
        with ExitStack() as stack:
            checks = self_test(sensor, _lazy_load(bench.device, stack), window_s=WINDOW_S)
        return {"sensor": facts, "checks": {check.name: _plain(check) for check in checks}}

    def findings(self, bench: Bench) -> list[Finding]:
        """One a look."""
        return [
            Finding(f"{name}, {piece['sensor']['gauge'] or 'no power shown'}", check["says"], GOAL,
                    check["passed"])
            for piece in done(bench, self).values()
            for name, check in piece["checks"].items()
        ]  # fmt: skip


def open_sensor(device: str) -> Sensor:
    """What shows the power of a device.

    Raises:
        MeasurementError: if nothing does.
    """
    from hyperwatt.workers.meters.devices import sensor_of

    return sensor_of(device)


def _lazy_load(device: str, stack: ExitStack) -> Any:
    """Work that begins when it is first asked for, after the look at rest."""
    busy: list[BusyDevice] = []

    def load(duration_s: float) -> None:
        if not busy:
            busy.append(stack.enter_context(BusyDevice(device)))
        busy[0].work(duration_s)

    return load


def _plain(check: Check) -> dict[str, Any]:
    told = check.told
    figures = {}
    if isinstance(told, Drawn):
        figures = {"power_w": told.power_w, "counted_j": told.counted_j, "shown_j": told.shown_j}
    return {"passed": check.passed, "says": check.says, **figures}
