"""What every strategy must do, whatever a sweep has shown it; each law takes a strategy's name."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from toys import evaluate, make_plan, models_of

from hyperwatt.constraints.domains import Choice, Int
from hyperwatt.constraints.gate import Verdict
from hyperwatt.constraints.objective import Constraint, Objective
from hyperwatt.constraints.space import Parameter, Space, row_keys
from hyperwatt.orchestrator.events import (
    Completed,
    Dispatched,
    Ended,
    Event,
    Failed,
    Infeasible,
    Proposed,
    Purpose,
    Reported,
)
from hyperwatt.orchestrator.plan import Plan
from hyperwatt.orchestrator.screening import ask_of
from hyperwatt.orchestrator.search import Search
from hyperwatt.orchestrator.state import State, Trial, advance
from hyperwatt.orchestrator.suggestion import Suggestion, suggest

Worker = Callable[[Plan, Trial], Iterator[Event]]
OBSERVED = 10  # trainings tried; most of them show more than a strategy's first random draws
ERROR, LATENCY = Objective("error"), Objective("latency_s")
LOSS = Objective("loss")


def plan_of(strategy: str, **changes: object) -> Plan:
    """The toy problem with a small pool, and a bound that a tenth of the space breaks."""
    loose = (Constraint("latency_s", 0.12),)
    small = {"pool_size": 60, "profile_candidates": 12, "constraints": loose}
    return make_plan(strategy, **{**small, **changes})


def plainly(plan: Plan, trial: Trial) -> Iterator[Event]:
    """A training as it should be; it reports a loss besides."""
    for event in evaluate(trial, plan):
        if isinstance(event, Reported):
            size = float(trial.candidate["units"])  # type: ignore[arg-type]
            event = replace(event, metrics={**event.metrics, "loss": 100.0 / size})
        yield event


def failing(plan: Plan, trial: Trial) -> Iterator[Event]:
    """A training that raises."""
    yield Failed(trial.trial_id, "exception", "boom")


def over_budget(plan: Plan, trial: Trial) -> Iterator[Event]:
    """Memory ran out, whatever was predicted."""
    yield Infeasible(trial.trial_id, "out of memory", ("latency_s",))


def reporting(error: Callable[[int], float]) -> Worker:
    """Trainings with made-up errors, by the number of the trial."""

    def work(plan: Plan, trial: Trial) -> Iterator[Event]:
        for event in plainly(plan, trial):
            if isinstance(event, Reported):
                value = error(int(trial.trial_id[1:]))
                event = replace(event, metrics={**event.metrics, "error": value})
            yield event

    return work


def state_after(
    plan: Plan, worker: Worker = plainly, *, trained: int = OBSERVED, pending: int = 0
) -> State:
    """A sweep that was measured, then tried so many, and runs so many more."""
    rng = np.random.default_rng(5)
    first = plan.profile_candidates if plan.gated else 0
    rows = plan.space.sample(3 * (first + trained + pending), rng)
    _, distinct = np.unique(rows, axis=0, return_index=True)
    rows = rows[np.sort(distinct)][: first + trained + pending]
    purposes: Sequence[Purpose] = ("profile",) * first + ("train",) * (len(rows) - first)
    state = State()
    for number, (row, purpose) in enumerate(zip(rows, purposes, strict=True), start=1):
        name, candidate = f"t{number:04d}", plan.space.candidate(row)
        proposed = Proposed(name, candidate, purpose, 0, state.events, Verdict(True, 1.0))
        events: list[Event] = [proposed, Dispatched(name)]
        if number <= len(rows) - pending:
            trial = Trial(proposed, 0.0)
            events += evaluate(trial, plan) if purpose == "profile" else worker(plan, trial)
        for event in events:
            state = advance(state, event, float(number))
    return state


def suggestion_of(plan: Plan, state: State) -> Suggestion:
    """What is proposed next; there must be something."""
    found = suggest(plan, state, Search(plan).gate(state))
    assert isinstance(found, Suggestion), found
    return found


def proposes_soundly(plan: Plan, state: State) -> None:
    """A candidate of the space that was not tried, admitted if trained, and twice the same."""
    proposed = suggestion_of(plan, state).proposed
    units = plan.space.encode([proposed.candidate])
    tried = plan.space.encode([trial.candidate for trial in state.of("train")])

    assert plan.space.candidate(units[0]) == proposed.candidate
    assert row_keys(units)[0] not in row_keys(tried)
    assert proposed.verdict.admitted == (proposed.purpose == "train")
    assert suggestion_of(plan, state).proposed == proposed


def draws_points_of_the_space(strategy: str) -> None:
    """Snapped, and as many as it was asked for."""
    plan = plan_of(strategy)
    units = plan.strategy.pool(ask_of(plan, state_after(plan)), 50)

    assert units.shape == (50, len(plan.space.parameters))
    assert np.array_equal(plan.space.snap(units), units, equal_nan=True)


def ranks_every_point(strategy: str) -> None:
    """A number for each, none of which is NaN."""
    plan = plan_of(strategy)
    ask = ask_of(plan, state_after(plan))
    units = plan.strategy.pool(ask, 50)

    preference = plan.strategy.prefer(ask, units, np.linspace(0, 1, 50))

    for scores in (preference.vanilla, preference.constrained):
        assert scores.shape == (50,)
        assert not np.isnan(scores).any()


def begins_without_observations(strategy: str) -> None:
    """Before the first training has ended."""
    plan = plan_of(strategy)
    proposes_soundly(plan, state_after(plan, trained=0))


def goes_on_from_one_observation(strategy: str) -> None:
    """After one."""
    plan = plan_of(strategy)
    proposes_soundly(plan, state_after(plan, trained=1))


def goes_on_from_several(strategy: str) -> None:
    """After several, in a space with conditional parameters."""
    plan = plan_of(strategy)
    state = state_after(plan)

    assert sum(trial.trained for trial in state.of("train")) >= 8
    proposes_soundly(plan, state)


def survives_failures(strategy: str) -> None:
    """When all that was trained has failed."""
    plan = plan_of(strategy)
    proposes_soundly(plan, state_after(plan, failing))


def survives_infeasible_trials(strategy: str) -> None:
    """When all that was tried has run out of memory."""
    plan = plan_of(strategy)
    proposes_soundly(plan, state_after(plan, over_budget))


def survives_a_learned_bound_that_nothing_keeps(strategy: str) -> None:
    """When no training was good enough."""
    limit = (Constraint("latency_s", 0.12), Constraint("error", 1e-9, predicted=False))
    plan = plan_of(strategy, constraints=limit)
    proposes_soundly(plan, state_after(plan))


def survives_a_constant_objective(strategy: str) -> None:
    """When nothing makes a difference."""
    plan = plan_of(strategy)
    proposes_soundly(plan, state_after(plan, reporting(lambda number: 0.5)))


def survives_huge_outliers(strategy: str) -> None:
    """When some losses have exploded."""
    plan = plan_of(strategy)
    exploded = reporting(lambda number: 1e300 if number % 3 == 0 else 0.5 / number)
    proposes_soundly(plan, state_after(plan, exploded))


def looks_away_from_what_is_pending(strategy: str) -> None:
    """With more under way than has ended."""
    plan = plan_of(strategy)
    proposes_soundly(plan, state_after(plan, pending=3 * OBSERVED))


def takes_two_objectives(strategy: str) -> None:
    """One reported, one a cost that is bounded too."""
    plan = plan_of(strategy, objectives=(ERROR, LATENCY))
    proposes_soundly(plan, state_after(plan))


def takes_three_objectives_with_some_failures(strategy: str) -> None:
    """Two reported and a cost; every fourth training fails."""
    plan = plan_of(strategy, objectives=(ERROR, LATENCY, LOSS))

    def work(plan: Plan, trial: Trial) -> Iterator[Event]:
        worker = failing if int(trial.trial_id[1:]) % 4 == 0 else plainly
        return worker(plan, trial)

    proposes_soundly(plan, state_after(plan, work))


def takes_two_objectives_of_which_nothing_is_known(strategy: str) -> None:
    """When all that was trained has failed."""
    plan = plan_of(strategy, objectives=(ERROR, LATENCY))
    proposes_soundly(plan, state_after(plan, failing))


def exhausts_a_small_space_and_says_so(strategy: str) -> None:
    """Every candidate once, then the end."""
    space = Space.of([Parameter("units", Int(1, 4)), Parameter("act", Choice(("relu", "tanh")))])
    plan = plan_of(strategy, space=space, models=models_of(space), constraints=())
    state, tried = State(), set()
    for number in range(8):
        proposed = suggestion_of(plan, state).proposed
        tried.add(proposed.candidate)
        name = proposed.trial_id
        ended: list[Event] = [proposed, Dispatched(name)]
        ended += [Reported(name, 1, {"error": 0.1 * number}, "", 0.1), Completed(name)]
        for event in ended:
            state = advance(state, event, float(number))

    found = suggest(plan, state, Search(plan).gate(state))

    assert len(tried) == 8
    assert isinstance(found, Ended)
    assert found.reason == "exhausted"


LAWS: tuple[Callable[[str], None], ...] = (
    draws_points_of_the_space,
    ranks_every_point,
    begins_without_observations,
    goes_on_from_one_observation,
    goes_on_from_several,
    survives_failures,
    survives_infeasible_trials,
    survives_a_learned_bound_that_nothing_keeps,
    survives_a_constant_objective,
    survives_huge_outliers,
    looks_away_from_what_is_pending,
    takes_two_objectives,
    takes_three_objectives_with_some_failures,
    takes_two_objectives_of_which_nothing_is_known,
    exhausts_a_small_space_and_says_so,
)
