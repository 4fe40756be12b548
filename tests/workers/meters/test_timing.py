from collections.abc import Callable

import numpy as np
import pytest

from hyperwatt.workers.meters.protocol import Window
from hyperwatt.workers.meters.timing import summarise, time_until_sure, warm_up


class FakeClock:
    """A clock that moves only when work is done."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s

    def draws(self, durations: Callable[[], float]) -> Callable[[], float]:
        def draw() -> float:
            duration_s = durations()
            self.now_s += duration_s
            return duration_s

        return draw


def test_certain_times_take_the_shortest_window() -> None:
    clock = FakeClock()

    timing = time_until_sure(clock.draws(lambda: 0.01), Window(0.2, 2.0, 0.01), clock)

    assert timing.median_s == pytest.approx(0.01)
    assert 0.2 <= clock.now_s < 0.25


def test_unsure_times_take_the_longest_window() -> None:
    clock, rng = FakeClock(), np.random.default_rng(0)

    time_until_sure(clock.draws(lambda: float(rng.uniform(0.01, 0.3))), Window(0.2, 2.0), clock)

    assert 2.0 <= clock.now_s < 2.3


def test_a_step_longer_than_the_window_is_timed_once() -> None:
    clock = FakeClock()

    assert time_until_sure(clock.draws(lambda: 5.0), Window(0.2, 2.0), clock).samples == 1


def test_outliers_do_not_move_the_median() -> None:
    assert summarise([1.0] * 9 + [100.0]).median_s == 1.0


def test_the_standard_error_is_that_of_the_median_over_many_windows() -> None:
    # 400 windows: the spread of medians is known to 3.5 %, so 20 % is crossed once in 1e7 runs.
    rng = np.random.default_rng(1)
    windows = [summarise(list(rng.normal(10.0, 1.0, 101))) for _ in range(400)]

    told = np.mean([timing.standard_error_s for timing in windows])
    assert told == pytest.approx(np.std([t.median_s for t in windows]), rel=0.2)


def test_warming_up_runs_at_least_thrice() -> None:
    clock, runs = FakeClock(), []
    clock.now_s = 0.0

    def run() -> None:
        clock.now_s += 1.0
        runs.append(1)

    warm_up(run, Window(0.2), clock)

    assert len(runs) == 3
