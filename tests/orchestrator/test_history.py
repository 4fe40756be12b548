from dataclasses import replace

import numpy as np
from toys import SPACE, make_plan

from hyperwatt.constraints.candidate import Candidate
from hyperwatt.constraints.gate import Verdict
from hyperwatt.orchestrator.events import Completed, End, Failed, Proposed, Reported, Stopped
from hyperwatt.orchestrator.history import History, history_of
from hyperwatt.orchestrator.state import State, Trial


def trial(number: int, errors: list[float], end: End | None) -> Trial:
    """A dispatched training, one error and two seconds an epoch."""
    trial_id = f"t{number}"
    candidate = Candidate({"layers": 1, "units": number, "rate": 0.01, "act": "relu"})
    verdict = Verdict(admitted=True, probability=1.0)
    reports = tuple(
        Reported(trial_id, epoch, {"error": error}, "c", 2.0)
        for epoch, error in enumerate(errors, start=1)
    )
    proposed = Proposed(trial_id, candidate, "train", 1, 0, verdict)
    return Trial(proposed, dispatched_s=0.0, reports=reports, end=end)


def history_with(*trials: Trial) -> History:
    plan = make_plan(constraints=())
    state = replace(State(), trials={t.trial_id: t for t in trials})
    return history_of(state, SPACE, plan.objectives, plan.constraints)


def test_an_exploded_loss_stays_the_worst_and_drowns_nothing() -> None:
    done = Completed("?")
    errors = [0.3, 0.2, 0.4, 0.25, 1e30]
    history = history_with(*(trial(i + 1, [e], done) for i, e in enumerate(errors)))

    assert np.argmax(history.losses) == 4
    assert history.losses[4] < 10


def test_nothing_but_failures_gives_finite_losses_and_no_incumbent_that_is_feasible() -> None:
    history = history_with(*(trial(i, [], Failed("?", "ValueError", "no")) for i in (1, 2)))

    assert np.isfinite(history.losses).all()
    assert history.failed.all()
    assert history.incumbent(aware=True) is None
    assert np.isnan(history.seconds).all()


def test_trainings_under_way_tell_what_they_have_reported() -> None:
    history = history_with(trial(1, [0.9, 0.5], None), trial(2, [], None))

    assert len(history.pending) == 2
    assert history.pending_losses[0] == 0.5
    assert np.isnan(history.pending_losses[1])
    assert np.isnan(history.pending_doubt[1])


def test_a_training_stopped_early_counts_the_seconds_of_a_full_one() -> None:
    full = trial(1, [0.9, 0.5, 0.4, 0.3], Completed("?"))
    stopped = trial(2, [0.9], Stopped("?", "halving"))

    assert history_with(full, stopped).seconds.tolist() == [8.0, 8.0]


def test_a_training_cut_short_is_doubted_by_what_others_still_gained() -> None:
    whole = [trial(i, [0.9, 0.5, 0.2 + 0.1 * i, 0.2], Completed("?")) for i in (1, 2, 3)]
    stopped = trial(4, [0.8, 0.7], Stopped("?", "halving"))
    running = trial(5, [0.8, 0.7, 0.6], None)

    history = history_with(*whole, stopped, running)

    assert history.doubt[:3].tolist() == [0, 0, 0]
    assert np.isclose(history.doubt[3], 0.3)  # from 0.5 to 0.2
    assert np.isclose(history.pending_doubt[0], np.sqrt((0.1**2 + 0.2**2 + 0.3**2) / 3))
    assert history.losses[3] == 0.7


def test_a_loss_that_is_final_is_not_doubted() -> None:
    whole = [trial(i, [0.9, 0.1 * i], Completed("?")) for i in (1, 2, 3)]
    ends = [Stopped("?", "chance level"), Stopped("?", "diverged")]
    final = [trial(4 + i, [0.9], end) for i, end in enumerate(ends)]

    assert not history_with(*whole, *final).doubt.any()


def test_too_few_curves_leave_no_doubt() -> None:
    whole = [trial(i, [0.9, 0.1], Completed("?")) for i in (1, 2)]

    assert not history_with(*whole, trial(3, [0.8], Stopped("?", "halving"))).doubt.any()
