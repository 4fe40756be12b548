"""Results arrive in any order, twice, or never: the state stays sound."""

import random
from dataclasses import replace
from functools import reduce

from hypothesis import given, settings
from hypothesis import strategies as st
from toys import SPACE, make_plan

from hyperwatt.constraints.candidate import Candidate
from hyperwatt.constraints.gate import Verdict
from hyperwatt.constraints.measurement import Measurement
from hyperwatt.constraints.space import row_keys
from hyperwatt.orchestrator.events import (
    Completed,
    Dispatched,
    Event,
    Failed,
    Infeasible,
    Interrupted,
    Probed,
    Proposed,
    Rejected,
    Reported,
    Stopped,
)
from hyperwatt.orchestrator.history import history_of
from hyperwatt.orchestrator.state import State, advance

ENDS = (
    Completed("?"),
    Stopped("?", "halving"),
    Infeasible("?", "out of memory", ("latency_s",)),
    Failed("?", "ValueError", "no"),
)


def proposed(trial_id: str, units: int) -> Proposed:
    candidate = Candidate({"layers": 1, "units": units, "rate": 0.01, "act": "relu"})
    return Proposed(trial_id, candidate, "train", 1, 0, Verdict(admitted=True, probability=1.0))


def results_of(trial_id: str, epochs: int, end: Event) -> list[Event]:
    """All that is heard of one trial, in order."""
    latency = Measurement("latency_s", 0.02, 0.0, 9, "exact", "toy")
    reports = [
        Reported(trial_id, epoch, {"error": 1 / epoch}, "c", 1.0, spent_j=2.0)
        for epoch in range(1, epochs + 1)
    ]
    probe = Probed(trial_id, (latency,), (), False, 1, 0.1, spent_j=1.0)
    return [Dispatched(trial_id), probe, *reports, replace(end, trial_id=trial_id)]  # type: ignore[type-var]


@st.composite
def sweeps(draw: st.DrawFn) -> tuple[list[Proposed], list[Event]]:
    """Proposals, and the results of their trials one trial after another."""
    proposals, results = [], []
    for number in range(draw(st.integers(1, 4))):
        proposals.append(proposed(f"t{number}", number + 1))
        end = draw(st.sampled_from(ENDS))
        results += results_of(f"t{number}", draw(st.integers(0, 4)), end)
    return proposals, results


def fold(events: list[Event]) -> State:
    return reduce(lambda state, event: advance(state, event, 1.0), events, State())


def known(state: State) -> tuple[object, ...]:
    """All that a state knows but the number of its events."""
    costs = [row.candidate for row in state.costs.rows]
    return dict(state.trials), costs, dict(state.attempts), state.lessons, state.ended


@settings(deadline=None)
@given(sweeps())
def test_what_is_heard_twice_is_counted_once(sweep: tuple[list[Proposed], list[Event]]) -> None:
    proposals, results = sweep
    events: list[Event] = [*proposals, *results]

    assert known(fold([e for event in events for e in (event, event)])) == known(fold(events))
    assert known(fold([*events, *events])) == known(fold(events))


@settings(deadline=None)
@given(sweeps(), st.randoms(use_true_random=False), st.floats(0, 1))
def test_results_that_are_shuffled_doubled_and_lost_leave_a_sound_state(
    sweep: tuple[list[Proposed], list[Event]], chance: random.Random, share: float
) -> None:
    proposals, results = sweep
    lost = [Interrupted(p.trial_id) for p in proposals]
    strangers = results_of("stranger", 2, Completed("?"))
    heard = [e for e in (*results, *results, *lost, *strangers) if chance.random() < share]
    chance.shuffle(heard)

    state = fold([*proposals, *heard])

    assert list(state.trials) == [p.trial_id for p in proposals]
    assert len(state.costs.rows) <= len(proposals)
    for trial in state.trials.values():
        epochs = [report.epoch for report in trial.reports]
        assert epochs == sorted(set(epochs))
        assert trial.running + trial.waiting + (trial.end is not None) == 1
    history = history_of(state, SPACE, make_plan().objectives, make_plan().constraints)
    assert len(history.losses) == len(history.units) == len(history.doubt)


@given(st.permutations(range(2, 7)))
def test_reports_stand_in_the_order_of_their_epochs(order: list[int]) -> None:
    results = results_of("t0", 6, Completed("?"))
    dispatched, probe, *reports, end = results
    late = [reports[epoch - 1] for epoch in order]

    shuffled = fold([proposed("t0", 1), dispatched, reports[0], *late, probe, end])

    assert shuffled.trials["t0"].reports == tuple(reports)


def test_a_training_begun_anew_after_an_interruption_forgets_the_epochs_it_repeats() -> None:
    dispatched, probe, *reports, _ = results_of("t0", 3, Completed("?"))
    again = Reported("t0", 2, {"error": 0.7}, "c", 1.0)

    state = fold(
        [proposed("t0", 1), dispatched, probe, *reports, Interrupted("t0"), dispatched, again]
    )

    assert state.trials["t0"].reports == (reports[0], again)


def test_a_running_trial_cannot_be_withdrawn() -> None:
    verdict = Verdict(admitted=False, probability=0.0)
    proposal = proposed("t0", 1)
    refused = Rejected(proposal.candidate, verdict, {}, 1, 1, "t0", withdrawn=True)

    state = fold([proposal, Dispatched("t0"), refused])

    assert state.trials["t0"].running


def test_units_of_candidates_do_not_depend_on_what_was_encoded_before() -> None:
    first, second = proposed("a", 3).candidate, proposed("b", 4).candidate
    once = SPACE.encode([first, second])

    assert row_keys(SPACE.encode([second, dict(first)])) == row_keys(once[::-1])
