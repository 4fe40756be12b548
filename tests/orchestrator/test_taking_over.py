"""A training that takes over what a probe measured."""

from dataclasses import replace

import numpy as np
import pytest
from toys import SPACE, make_plan

from hyperwatt.constraints.gate import Verdict
from hyperwatt.constraints.measurement import SHARED, Measurement
from hyperwatt.constraints.promise import Promise
from hyperwatt.orchestrator.events import (
    Completed,
    Dispatched,
    Event,
    Probed,
    Proposed,
)
from hyperwatt.orchestrator.plan import Limits, Plan
from hyperwatt.orchestrator.state import State, advance
from hyperwatt.orchestrator.suggestion import propose


@pytest.fixture(scope="module")
def plan() -> Plan:
    return make_plan("hyperwatt", promise=Promise(), limits=Limits(40, 1e6, 1))


def probed_state(plan: Plan, **reading: str) -> State:
    """A candidate that a probe measured inside."""
    units = SPACE.sample(1, np.random.default_rng(1))[0]
    verdict = Verdict(admitted=False, probability=0.1)
    proposed = propose(plan, State(), units, purpose="probe", verdict=verdict)
    cost = Measurement("latency_s", 0.001, 0.0, 9, "exact", "toy", **reading)  # type: ignore[arg-type]
    events: list[Event] = [
        proposed,
        Dispatched("t0001"),
        Probed("t0001", (cost,), (), False, 1, 2.0),
        Completed("t0001"),
    ]
    state = State()
    for event in events:
        state = advance(state, event, 0.0)
    return state


def trained_after(plan: Plan, state: State) -> Proposed:
    units = SPACE.sample(1, np.random.default_rng(1))[0]
    verdict = Verdict(admitted=True, probability=1.0, measured=True)
    return propose(plan, state, units, purpose="train", verdict=verdict)


def test_a_spoiled_probe_is_not_taken_over(plan: Plan) -> None:
    assert trained_after(plan, probed_state(plan)).measured_by == "t0001"
    assert trained_after(plan, probed_state(plan, attribution=SHARED)).measured_by is None


def test_a_probe_that_is_taken_over_is_not_paid_for_twice(plan: Plan) -> None:
    state = probed_state(plan)
    state = advance(state, trained_after(plan, state), 0.0)
    state = advance(state, Dispatched("t0002"), 0.0)
    state = advance(state, Probed("t0002", (), (), False, 1, 0.3, spent_j=7.0), 0.0)
    trial = state.trials["t0002"]

    assert trial.costs["latency_s"].value == 0.001
    assert trial.probe_s is None
    assert trial.spent_j == 7.0
    assert len(state.costs.rows) == 1
    assert not state.attempts


def test_a_journal_that_knew_no_taking_over_is_read_as_it_was(plan: Plan) -> None:
    state = probed_state(plan)
    old = replace(trained_after(plan, state), measured_by=None)
    cost = Measurement("latency_s", 9.0, 0.0, 9, "exact", "toy")
    for event in (
        old,
        Dispatched("t0002"),
        Probed("t0002", (cost,), ("latency_s",), False, 1, 1.0),
    ):
        state = advance(state, event, 0.0)

    assert state.trials["t0002"].costs["latency_s"].value == 9.0
    assert len(state.costs.rows) == 2
