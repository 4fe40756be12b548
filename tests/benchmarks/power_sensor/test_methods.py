"""Each method mends what it is meant to mend, on sensors whose faults are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.power_sensor.judged import judge
from benchmarks.power_sensor.methods import METHODS, instant, linear, ours, ours_read_seldom

FLOOR = 3e-3  # the toy is polled every 10 ms

MENDED_BY: dict[str, dict[str, float]] = {
    "naive: instant": {},
    "gain only, instant": {"gain": 1.05},
    "linear, instant": {"gain": 1.05, "offset_w": 3.0},
    "linear and delay, instant": {"gain": 1.05, "offset_w": 3.0, "delay_s": 0.1},
    "**ours**: linear, delay, beats levelled": {"gain": 1.05, "offset_w": 3.0, "delay_s": 0.1},
}


@pytest.mark.parametrize("name", MENDED_BY)
def test_a_method_mends_the_faults_it_knows(recorded: Callable[..., Any], name: str) -> None:
    faults = MENDED_BY[name]

    judged = judge(METHODS[name], recorded("step", **faults), recorded("square50", **faults))

    assert judged.mean < FLOOR


def test_a_beat_spoils_a_line_and_not_ours(recorded: Callable[..., Any]) -> None:
    fitted, tested = (recorded(run, 1.05, part=True) for run in ("step", "square50"))

    plain, levelled = judge(linear(instant), fitted, tested), judge(ours, fitted, tested)

    assert levelled.mean < 0.01 < 0.02 < plain.mean


def test_ten_readings_a_second_are_enough(recorded: Callable[..., Any]) -> None:
    fitted, tested = (recorded(run, 1.05, part=True) for run in ("step", "square50"))

    assert judge(ours_read_seldom, fitted, tested).mean < 0.015
