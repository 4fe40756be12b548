"""The law of beats, on a sensor that looks for 25 ms of each 100 ms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from hyperwatt.workers.meters.beats import level_beats

LOOK_S, PERIOD_S = 0.025, 0.1
LOW_W, HIGH_W, IDLE_W = 65.0, 193.0, 60.0

Load = Callable[[np.ndarray], np.ndarray]


def square(repeats_s: float, high_share: float = 0.5) -> Load:
    """Work from 1 s to 9 s that is high for a share of each repetition."""

    def power_w(times_s: np.ndarray) -> np.ndarray:
        working = np.where(times_s / repeats_s % 1 < high_share, HIGH_W, LOW_W)
        return np.where((times_s > 1) & (times_s < 9), working, IDLE_W)

    return power_w


def shown_by_part_time_sensor(load: Load, every_s: float = 0.01) -> tuple[np.ndarray, np.ndarray]:
    """What is polled for 10 s."""
    times_s = np.arange(0.0, 10.0, every_s)
    looked_s = np.floor(times_s / PERIOD_S + 1e-9)[:, None] * PERIOD_S
    return times_s, load(looked_s - np.linspace(0, LOOK_S, 200)).mean(axis=1)


def mean_w(times_s: np.ndarray, powers_w: np.ndarray, begin_s: float, end_s: float) -> float:
    return powers_w[(times_s >= begin_s) & (times_s < end_s)].mean()


@pytest.mark.parametrize("every_s", [0.01, 0.05])
@pytest.mark.parametrize("high_share", [0.3, 0.5, 0.8])
@pytest.mark.parametrize("repeats_s", [0.1043, 0.0964, 0.0518])
def test_any_part_of_a_beat_has_the_works_mean(
    repeats_s: float, high_share: float, every_s: float
) -> None:
    times_s, shown_w = shown_by_part_time_sensor(square(repeats_s, high_share), every_s)
    truth_w = high_share * HIGH_W + (1 - high_share) * LOW_W

    levelled_w = level_beats(times_s, shown_w)

    parts = [(a, a + 2.0) for a in np.arange(1.5, 6.5, 0.5)]
    worst_before = max(abs(mean_w(times_s, shown_w, *part) / truth_w - 1) for part in parts)
    worst = max(abs(mean_w(times_s, levelled_w, *part) / truth_w - 1) for part in parts)
    assert worst < 0.025 < 0.04 < worst_before


def test_what_is_before_and_after_the_work_stays() -> None:
    times_s, shown_w = shown_by_part_time_sensor(square(0.1043))

    levelled_w = level_beats(times_s, shown_w)

    outside = (times_s < 1.0) | (times_s >= 9.1)
    assert levelled_w[outside] == pytest.approx(np.full(outside.sum(), IDLE_W))


@pytest.mark.parametrize(
    "load",
    [
        lambda t: np.full(t.shape, 100.0),
        lambda t: np.where((t > 1) & (t < 9), 400.0, 130.0),
        lambda t: 100.0 + 20.0 * t,
        lambda t: 200.0 - 100.0 * np.exp(-t),
        lambda t: 100.0 + 4.0 * np.sin(t * 4),
    ],
    ids=["constant", "step", "slope", "warming up", "narrow swing"],
)
def test_what_does_not_beat_widely_stays_as_it_was(load: Load) -> None:
    times_s, shown_w = shown_by_part_time_sensor(load)

    assert np.array_equal(level_beats(times_s, shown_w), shown_w)


def test_noise_is_no_beat() -> None:
    """False-alarm rate of a trace: 0.3 %, by 1000 seeds; these 20 are fixed."""
    rng = np.random.default_rng(0)
    times_s = np.arange(0.0, 10.0, PERIOD_S)
    for _ in range(20):
        shown_w = 100.0 + 15.0 * rng.standard_normal(len(times_s))

        assert np.array_equal(level_beats(times_s, shown_w), shown_w)


def test_a_beat_seen_only_once_is_left_alone() -> None:
    times_s, shown_w = shown_by_part_time_sensor(square(0.1015))  # a beat lasts 6.8 s

    assert np.array_equal(level_beats(times_s, shown_w), shown_w)


def test_the_mean_of_a_power_that_really_swings_is_kept() -> None:
    times_s = np.arange(0.0, 12.0, 0.1)
    shown_w = 150.0 + 60.0 * np.sin(2 * np.pi * times_s / 3.0)

    assert level_beats(times_s, shown_w).mean() == pytest.approx(150.0, rel=1e-3)


@pytest.mark.parametrize("count", range(18))
def test_few_looks_are_no_beat(count: int) -> None:
    shown_w = np.where(np.arange(count) % 2, 190.0, 60.0)

    assert np.array_equal(level_beats(np.arange(count) / 10, shown_w), shown_w)
