from dataclasses import replace

import pytest

from hyperwatt.constraints.measurement import SHARED, THROTTLED, Measurement
from hyperwatt.workers.verdict import judge


def latency(value: float, error: float = 0.0) -> Measurement:
    return Measurement("latency_s", value, error, 9, "median", "cpu:x")


def again(value: float) -> tuple[list[str], object]:
    asked: list[str] = []

    def measure(metrics: list[str]) -> dict[str, Measurement]:
        asked.extend(metrics)
        return {metric: latency(value) for metric in metrics}

    return asked, measure


def test_a_value_far_over_its_bound_breaks_it_at_once() -> None:
    asked, measure = again(1.0)

    verdict = judge({"latency_s": latency(3.0)}, {"latency_s": 1.0}, measure)

    assert (verdict.broken, verdict.borderline, asked) == (("latency_s",), False, [])


def test_a_value_next_to_its_bound_is_measured_again_and_then_decides() -> None:
    asked, measure = again(1.001)

    verdict = judge({"latency_s": latency(0.99)}, {"latency_s": 1.0}, measure)

    assert (verdict.broken, verdict.borderline, asked) == (("latency_s",), True, ["latency_s"])
    assert [m.value for m in verdict.measurements] == [1.001]


def test_an_unsure_value_is_near_from_further_away() -> None:
    asked, measure = again(0.9)

    verdict = judge({"latency_s": latency(1.2, error=0.11)}, {"latency_s": 1.0}, measure)

    assert (verdict.broken, asked) == ((), ["latency_s"])


def test_a_value_exactly_at_its_bound_keeps_it() -> None:
    _, measure = again(1.0)

    assert judge({"latency_s": latency(1.0)}, {"latency_s": 1.0}, measure).broken == ()


def test_what_was_not_measured_is_not_judged() -> None:
    _, measure = again(1.0)

    assert judge({}, {"latency_s": 1.0}, measure).broken == ()


def test_a_value_spoiled_by_another_process_is_measured_again_and_the_clean_one_decides() -> None:
    asked, measure = again(0.5)

    verdict = judge(
        {"latency_s": replace(latency(3.0), attribution=SHARED)}, {"latency_s": 1.0}, measure
    )

    assert (verdict.broken, verdict.borderline, asked) == ((), True, ["latency_s"])


def test_a_clean_value_is_not_replaced_by_a_spoiled_one() -> None:
    clean, spoiled = latency(1.01), replace(latency(0.5), attribution=SHARED)

    verdict = judge(
        {"latency_s": clean}, {"latency_s": 1.0}, lambda metrics: {"latency_s": spoiled}
    )

    assert (verdict.broken, verdict.measurements) == (("latency_s",), (clean,))


@pytest.mark.parametrize("spoiled", [{"attribution": SHARED}, {"flags": (THROTTLED,)}])
def test_a_value_spoiled_twice_decides_nothing(spoiled: dict[str, object]) -> None:
    over = replace(latency(3.0), **spoiled)

    verdict = judge({"latency_s": over}, {"latency_s": 1.0}, lambda metrics: {"latency_s": over})

    assert (verdict.broken, verdict.measurements) == ((), (over,))
