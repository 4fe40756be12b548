from hyperwatt.constraints.measurement import Measurement
from hyperwatt.workers.verdict import judge


def latency(value: float, error: float = 0.0) -> Measurement:
    return Measurement("latency_s", value, error, 9, "median", "cpu:x")


def again(value: float) -> tuple[list[str], object]:
    asked: list[str] = []

    def measure(metric: str) -> Measurement:
        asked.append(metric)
        return latency(value)

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
