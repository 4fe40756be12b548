from dataclasses import replace

import pytest
from toys import make_plan

from hyperwatt.orchestrator.early_stopping import ChanceLevel, SuccessiveHalving
from hyperwatt.orchestrator.events import Dispatched, Reported, Stopped
from hyperwatt.orchestrator.records import event_of
from hyperwatt.orchestrator.search import Search, StopTrial
from hyperwatt.orchestrator.state import State, advance


def state_with(errors: dict[str, list[float]]) -> State:
    """Running trials with one error an epoch."""
    search = Search(make_plan("random"))
    state = State()
    for trial_id, values in errors.items():
        proposed = replace(search.think(state, 0.0)[-1], trial_id=trial_id)  # type: ignore[type-var]
        state = advance(advance(state, proposed, 0.0), Dispatched(trial_id), 0.0)
        for epoch, error in enumerate(values, start=1):
            state = advance(state, Reported(trial_id, epoch, {"error": error}, "c", 1.0), 0.0)
    return state


def test_a_training_still_guessing_is_stopped_only_after_its_epochs() -> None:
    state = state_with({"young": [0.9], "guesses": [0.9, 0.89], "learns": [0.9, 0.5]})
    rule = ChanceLevel(chance_error=0.9, after_epochs=2)

    stopped = [t.trial_id for t in state.trials.values() if rule.stops(state, t)]

    assert stopped == ["guesses"]


def test_halving_lets_the_first_go_on_and_stops_what_is_not_among_the_best() -> None:
    rule = SuccessiveHalving("error", first_epoch=1, reduction=2, last_epoch=8)
    first = state_with({"a": [0.5]})
    assert not rule.stops(first, first.trials["a"])

    later = state_with({"a": [0.5], "b": [0.4], "worse": [0.6]})

    assert rule.stops(later, later.trials["worse"])
    assert not rule.stops(later, later.trials["b"])


def test_halving_compares_at_rungs_only() -> None:
    rule = SuccessiveHalving("error", first_epoch=1, reduction=2, last_epoch=8)
    state = state_with({"a": [0.1, 0.1, 0.1], "b": [0.9, 0.9, 0.9]})

    assert not rule.stops(state, state.trials["b"])  # epoch 3 is no rung of 1, 2, 4


@pytest.mark.parametrize("first", [1, 2, 5])
def test_the_last_epoch_is_never_a_rung(first: int) -> None:
    assert max(SuccessiveHalving("error", first, 2, 10).rungs()) < 10


def test_the_search_says_stop_when_a_rule_does() -> None:
    search = Search(make_plan("random", rules=(ChanceLevel(0.9, 1),)))
    state = state_with({"a": []})

    _, actions = search.step(state, Reported("a", 1, {"error": 0.9}, "c", 1.0), 1.0)

    assert actions == (StopTrial("a", "chance level"),)


def recorded(curves: dict[str, dict[int, float]]) -> State:
    """Running trials that report at some epochs only."""
    state = state_with({name: [] for name in curves})
    for trial_id, curve in curves.items():
        for epoch, error in curve.items():
            state = advance(state, Reported(trial_id, epoch, {"error": error}, "c", 1.0), 0.0)
    return state


def test_a_rung_without_a_report_is_judged_at_the_next_one() -> None:
    rule = SuccessiveHalving("error", first_epoch=1, reduction=2, last_epoch=200)
    state = recorded({"good": {12: 0.2}, "bad": {12: 0.5}})

    assert rule.stops(state, state.trials["bad"])
    assert not rule.stops(state, state.trials["good"])


def test_a_report_without_the_compared_metric_stops_nothing() -> None:
    rule = SuccessiveHalving("loss", first_epoch=1, reduction=2, last_epoch=8)
    state = state_with({"a": [0.1], "b": [0.9]})

    assert not rule.stops(state, state.trials["b"])


def test_a_report_heard_late_or_twice_is_not_judged_again() -> None:
    search = Search(make_plan("random", rules=(ChanceLevel(0.9, 2),)))
    state = recorded({"a": {2: 0.9}})

    for late in (Reported("a", 2, {"error": 0.9}, "c", 1.0), Reported("a", 1, {"error": 1}, "", 1)):
        state, actions = search.step(state, late, 1.0)
        assert actions == ()


@pytest.mark.parametrize("worth", [float("nan"), float("inf"), float("-inf")])
def test_a_loss_that_is_not_finite_ends_the_training_at_once(worth: float) -> None:
    message = {"event": "reported", "epoch": 3, "metrics": {"error": 0.5, "loss": worth},
               "checkpoint": "c", "duration_s": 1.0}  # fmt: skip

    end = event_of("a", message)

    assert isinstance(end, Stopped)
    assert end.reason == "diverged"
    assert "epoch 3 reported loss" in end.message
