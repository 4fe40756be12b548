from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm, t

from hyperwatt.constraints.gate import CostGate, OpenGate, careful_chance_inside, chance_inside
from hyperwatt.constraints.linear import LinearModel
from hyperwatt.constraints.objective import Constraint


def model(weight: float, std: float) -> LinearModel:
    return LinearModel(np.array([weight]), 0.0, std, np.array([0.0]), np.array([10.0]), 20)


LATENCY, MEMORY = Constraint("latency_s", 5.0), Constraint("memory_bytes", 80.0)
GATE = CostGate((LATENCY, MEMORY), {"latency_s": model(1.0, 1.0), "memory_bytes": model(10.0, 5)})


def test_admits_if_and_only_if_every_point_estimate_is_inside() -> None:
    z = np.array([[4.0], [5.0], [5.1], [8.1], [9.0]])

    verdicts = GATE.screen(z)

    np.testing.assert_array_equal(verdicts.admitted, [True, True, False, False, False])


def test_the_probability_is_the_product_over_constraints() -> None:
    verdict = GATE.screen(np.array([[6.0]]))[0]

    assert verdict.probability == pytest.approx(norm.cdf(-1.0) * norm.cdf(4.0))


def test_with_no_spread_the_probability_is_the_indicator() -> None:
    mean = np.array([1.0, 2.0, 2.0001])

    np.testing.assert_array_equal(chance_inside(mean, np.zeros(3), 2.0), [1.0, 1.0, 0.0])


def test_with_margins_the_probability_has_heavy_tails_in_logarithms() -> None:
    careful = replace(GATE, margins={"latency_s": 0.0, "memory_bytes": 0.0})
    z = np.array([[1.0], [6.0], [9.0]])

    plain, heavy = GATE.screen(z).probability, careful.screen(z).probability

    assert heavy[0] < plain[0]
    assert (heavy[1:] > plain[1:]).all()
    inside = careful_chance_inside(np.array([6.0]), np.array([1.0]), 5.0)
    assert inside[0] == pytest.approx(t.cdf(np.log(5 / 6) * 6, 4.0))


def test_the_verdict_names_what_broke_worst_first() -> None:
    verdict = GATE.screen(np.array([[9.0]]))[0]

    assert verdict.broken == ("latency_s", "memory_bytes")
    assert verdict.miss == pytest.approx(9 / 5)
    assert verdict.costs == {"latency_s": 9.0, "memory_bytes": 90.0}


def test_a_row_outside_what_was_seen_is_marked() -> None:
    assert GATE.screen(np.array([[11.0]]))[0].extrapolated


def test_a_constraint_without_a_predictor_refuses_nothing() -> None:
    gate = CostGate((LATENCY,), {})

    assert gate.screen(np.array([[99.0]]))[0].admitted


def test_the_open_gate_admits_all() -> None:
    assert OpenGate().screen(np.ones((3, 2))).admitted.all()


def test_a_margin_raises_the_cost_that_is_held_against_the_bound() -> None:
    gate = CostGate((LATENCY,), {"latency_s": model(1.0, 1.0)}, margins={"latency_s": 1.0})

    verdict = gate.screen(np.array([[4.0]]))[0]

    assert verdict.broken == ("latency_s",)
    assert verdict.costs["latency_s"] == 4.0
    assert verdict.raised("latency_s") == pytest.approx(4 * np.exp(1 / 4))
    assert verdict.miss == pytest.approx(verdict.raised("latency_s") / 5)


def test_a_model_that_claims_to_be_exact_gets_a_margin_all_the_same() -> None:
    gate = CostGate((LATENCY,), {"latency_s": model(1.0, 0.0)}, margins={"latency_s": 10.0})

    assert not gate.screen(np.array([[4.9]])).admitted[0]


def test_estimated_features_let_through_what_could_still_be_inside() -> None:
    gate = CostGate((LATENCY,), {"latency_s": model(1.0, 0.1)}, blurs={"latency_s": 0.1})
    z = np.array([[5.3], [5.8]])

    np.testing.assert_array_equal(gate.screen(z, exact=False).admitted, [True, False])
    np.testing.assert_array_equal(gate.screen(z).admitted, [False, False])
    assert (gate.screen(z, exact=False).probability > gate.screen(z).probability).all()


def test_a_pool_judged_in_two_parts_is_judged_as_at_once() -> None:
    z = np.array([[4.0], [5.1], [8.1], [11.0]])

    parts, whole = GATE.screen(z[:1]).followed_by(GATE.screen(z[1:])), GATE.screen(z)

    assert [parts[row] for row in range(4)] == [whole[row] for row in range(4)]
    np.testing.assert_array_equal(parts.worst_miss(), whole.worst_miss())
