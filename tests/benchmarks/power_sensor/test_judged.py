from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks.power_sensor.judged import Judged, clock_floor, judge
from benchmarks.power_sensor.methods import instant, naive


def test_a_sensor_without_faults_has_no_error(recorded: Callable[..., Any]) -> None:
    step = recorded("step")
    perfect = replace(step, instant=step.true)

    assert judge(naive(instant), perfect, perfect).mean == 0.0


def test_a_sensor_that_shows_a_tenth_too_little_is_off_by_it(recorded: Callable[..., Any]) -> None:
    step = recorded("step", gain=1 / 0.9)

    assert judge(naive(instant), step, step).mean == pytest.approx(0.1, abs=3e-3)


def test_windows_stay_in_the_span_that_is_asked_for(recorded: Callable[..., Any]) -> None:
    spoiled = recorded("step")
    outside = (spoiled.instant.times_s < 2.2) | (spoiled.instant.times_s > 7.8)
    spoiled.instant.powers_w[outside] = 1e6

    assert judge(naive(instant), spoiled, spoiled, span_s=(2.3, 7.7)).mean < 1e-6


def test_a_clock_that_is_apart_costs_what_a_step_costs(recorded: Callable[..., Any]) -> None:
    step = recorded("step")
    steady = replace(step, true=replace(step.true, powers_w=np.full(len(step.true.times_s), 90.0)))

    assert clock_floor(steady) == pytest.approx(0.0, abs=1e-12)
    assert 1e-3 < clock_floor(step) < 136 * 0.05 / 5 / 64


def test_a_judgement_is_told_with_spread_and_worst() -> None:
    judged = Judged(np.array([[0.01, -0.03], [0.02, 0.04]]))

    assert str(judged) == "2.50% +- 0.71% (4.0%)"
