"""What every meter keeps, whatever it reads."""

from collections.abc import Callable

import pytest
import torch
from torch import nn

from hyperwatt.constraints.errors import MeasurementError
from hyperwatt.constraints.metrics import COSTS
from hyperwatt.workers.meters.composite import CompositeMeter
from hyperwatt.workers.meters.cpu import CpuMeter
from hyperwatt.workers.meters.devices import meters_for
from hyperwatt.workers.meters.power_meter import PowerMeter
from hyperwatt.workers.meters.protocol import Meter, Step, Window, measure_all
from hyperwatt.workers.meters.replay import ReplaySensor
from hyperwatt.workers.meters.sensor import NoSensor, Reading
from hyperwatt.workers.meters.watched import WatchedMeter

QUICK = Window(0.005, 0.02, 0.1)
NETWORK, IMAGES = nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), torch.rand(2, 1, 8, 8)
TRACE = [Reading(0.0, power_w=80.0), Reading(60.0, power_w=120.0)]


def real_step() -> Step:
    def run() -> object:
        with torch.inference_mode():
            return NETWORK(IMAGES)

    return Step(run, lambda: IMAGES.nbytes, len(IMAGES))


@pytest.fixture(
    params=["cpu", "simulated", "power", "power, absent", "replay", "composite", "watched"]
)
def subject(request: pytest.FixtureRequest, scripted) -> tuple[Meter, Callable[[], Step]]:
    device = scripted()
    replay = PowerMeter(
        "replay:x",
        ReplaySensor("x", TRACE, device.clock),
        clock=device.clock,
        sleep=device.sleep,
        watch=lambda sensor: device.watch_instead(sensor),
    )
    absent = PowerMeter("cpu:x", NoSensor("no counter; buy one"))
    made = {
        "cpu": (CpuMeter("cpu:x"), real_step),
        "simulated": (meters_for("simulated:tx1"), real_step),
        "power": (device.meter(), device.step),
        "power, absent": (absent, device.step),
        "replay": (replay, device.step),
        "composite": (CompositeMeter((CpuMeter("cpu:x"), absent)), real_step),
        "watched": (WatchedMeter(CpuMeter("cpu:x"), device, device.watch), real_step),
    }
    return made[request.param]


def test_each_cost_is_measured_or_has_its_reason_and_never_both(subject) -> None:
    meter, _ = subject
    can, cannot = meter.can_measure(), meter.cannot_measure()

    assert set(can) | set(cannot) <= set(COSTS)
    assert not set(can) & set(cannot)
    assert all(can.values())
    assert all(cannot.values())
    assert can or cannot


def test_what_it_can_measure_it_measures_in_its_own_name(subject) -> None:
    meter, step = subject
    metrics = list(meter.can_measure())

    measured = measure_all(meter, metrics, step(), QUICK) if metrics else {}

    assert set(measured) == set(meter.can_measure())
    for metric, value in measured.items():
        assert (value.metric, value.device) == (metric, meter.device_kind)
        assert value.value > 0
        assert value.samples > 0
        assert value.teaches()


def test_what_it_cannot_measure_is_refused_and_nothing_runs(subject) -> None:
    meter, _ = subject
    ran: list[int] = []
    step = Step(lambda: ran.append(1), lambda: 0, 1)

    for metric in set(COSTS) - set(meter.can_measure()):
        with pytest.raises(MeasurementError, match=r"\w"):
            measure_all(meter, [metric], step, QUICK)
    assert ran == []
