import pytest

from hyperwatt.constraints.measurement import SHARED, SIMULATED, Measurement
from hyperwatt.workers.meters.conditions import Conditions, conditions_of
from hyperwatt.workers.meters.sensor import Reading


def slowed(by: str, share: float) -> list[Reading]:
    held = round(100 * share)
    return [Reading(i, slowed_by=frozenset({by} if i < held else ())) for i in range(100)]


@pytest.mark.parametrize(
    ("by", "flag"),
    [("heat", "throttled"), ("power brake", "throttled"), ("power cap", "power capped")],
)
def test_a_slowed_clock_is_flagged_when_it_was_slowed_often(by: str, flag: str) -> None:
    assert conditions_of(slowed(by, 0.05)).flags == ()
    assert conditions_of(slowed(by, 0.2)).flags == (flag,)


def test_a_power_cap_is_the_networks_own_cost_and_teaches() -> None:
    measured = Measurement("latency_s", 1.0, 0.0, 9, "events", "cuda:x")

    assert conditions_of(slowed("power cap", 1.0)).upon(measured).teaches()
    assert not conditions_of(slowed("heat", 1.0)).upon(measured).teaches()


def test_what_nobody_told_is_not_noted() -> None:
    assert conditions_of([Reading(0.0)]) == Conditions()
    assert conditions_of([]) == Conditions()


def test_the_most_memory_in_use_is_noted() -> None:
    readings = [Reading(0.0, used_bytes=3), Reading(1.0, used_bytes=9), Reading(2.0)]

    assert conditions_of(readings).noted == {"device_bytes": 9.0}


def test_others_make_shared_only_what_was_exclusive() -> None:
    exclusive = Measurement("power_w", 1.0, 0.0, 9, "counter", "cuda:x")
    simulated = Measurement("power_w", 1.0, 0.0, 9, "formula", "simulated:x", SIMULATED)

    others = conditions_of([Reading(0.0, busy_processes=3)])

    assert others.upon(exclusive).attribution == SHARED
    assert others.upon(simulated).attribution == SIMULATED
