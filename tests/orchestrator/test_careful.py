"""A careful strategy: margins that follow outcomes, and probes beyond its gate."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from toys import SPACE, evaluate, make_driver, make_plan, models_of, sweep, true_latency_s

from hyperwatt.constraints.domains import Int
from hyperwatt.constraints.gate import OpenGate, Verdict, Verdicts
from hyperwatt.constraints.margin import MarginRule
from hyperwatt.constraints.measurement import SHARED, Measurement
from hyperwatt.constraints.objective import Constraint
from hyperwatt.constraints.promise import MOST_PROBES, Promise
from hyperwatt.constraints.space import Parameter, Space
from hyperwatt.orchestrator.driver import dispatch_dict, replay
from hyperwatt.orchestrator.events import (
    Completed,
    Dispatched,
    Event,
    Failed,
    Infeasible,
    Probed,
    Reported,
)
from hyperwatt.orchestrator.gating import margins_of
from hyperwatt.orchestrator.history import is_feasible
from hyperwatt.orchestrator.journal import read_journal
from hyperwatt.orchestrator.measuring_first import sure_instead
from hyperwatt.orchestrator.plan import Limits, Plan
from hyperwatt.orchestrator.screening import Screened
from hyperwatt.orchestrator.serial import run_serially
from hyperwatt.orchestrator.state import State, Trial, advance
from hyperwatt.orchestrator.strategies.protocol import Preference
from hyperwatt.orchestrator.suggestion import propose

NOISE = 0.15  # of a log-normal cost: what no predictor can know


def noisily(trial: Trial, plan: Plan) -> Iterator[Event]:
    """A worker on a noisy device."""
    rng = np.random.default_rng([3, trial.proposed.seed])
    value = true_latency_s(trial.candidate) * float(np.exp(NOISE * rng.standard_normal()))
    broken = tuple(c.metric for c in plan.predicted if not c.allows(value))
    cost = Measurement("latency_s", value, 0.0, 9, "noisy", "toy")
    yield Probed(trial.trial_id, (cost,), broken, False, 1, 0.1)
    if broken and trial.purpose in ("train", "probe"):
        yield Infeasible(trial.trial_id, "budget", broken)
        return
    if trial.purpose == "train":  # larger is better, so that the search presses on the budget
        error = 1.0 - float(trial.candidate["units"]) / 100
        yield Reported(trial.trial_id, 1, {"error": error}, "x.pt", 0.1)
    yield Completed(trial.trial_id)


PROBE_SHARE = 0.4


@pytest.fixture(scope="module")
def plan() -> Plan:
    promise = Promise(probe_share=PROBE_SHARE)
    return make_plan("hyperwatt", promise=promise, limits=Limits(40, 1e6, 1), profile_candidates=20)


@pytest.fixture(scope="module")
def journal(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("careful") / "j"
    sweep(plan, path, lambda trial: noisily(trial, plan))
    return path


@pytest.fixture(scope="module")
def state(journal: Path) -> State:
    return replay(read_journal(journal)[0], State())


def test_what_goes_beyond_the_gate_is_only_measured_and_within_its_share(state: State) -> None:
    probes, trained = state.of("probe"), state.of("train")

    assert len(trained) == 40
    beyond = [probe for probe in probes if not probe.verdict.admitted]
    assert 1 <= len(beyond) < len(probes)  # the others were admitted, but not for sure
    assert len(beyond) <= MOST_PROBES * len(trained)
    for probe in probes:
        assert probe.verdict.probability < 1 - MarginRule().alpha
        assert not probe.reports


def test_only_what_is_dispatched_to_be_trained_on_a_prediction_is_an_attempt(state: State) -> None:
    predicted = [t.trial_id for t in state.of("train") if not t.verdict.measured]
    assert predicted

    assert sorted(state.attempts) == predicted
    for trial in (state.trials[trial_id] for trial_id in predicted):
        assert state.attempts[trial.trial_id] == frozenset(
            trial.probe.broken if trial.probe else ()
        )


def test_the_margin_is_a_fold_over_the_outcomes(plan: Plan, tmp_path: Path) -> None:
    unprobed = replace(plan, promise=Promise(probe_share=0.0))  # so that some attempts break
    state = sweep(unprobed, tmp_path / "j", lambda trial: noisily(trial, unprobed))
    rule = MarginRule()
    expected = rule.start
    for broken in state.attempts.values():
        expected = max(rule.lowest, expected + rule.step * (bool(broken) - rule.alpha))

    assert margins_of(unprobed, state)["latency_s"] == pytest.approx(expected)
    assert any(state.attempts.values())


def test_a_replay_has_the_same_margins(plan: Plan, tmp_path: Path) -> None:
    short = replace(plan, limits=Limits(15, 1e6, 1))
    state = sweep(short, tmp_path / "j", lambda trial: noisily(trial, short))

    again = replay(read_journal(tmp_path / "j")[0], State())

    assert margins_of(short, again) == margins_of(short, state)


@pytest.mark.parametrize(("less", "row"), [(0.05, 1), (0.5, 0)])
def test_one_that_is_sure_to_fit_is_taken_if_it_is_worth_hardly_less(
    plan: Plan, less: float, row: int
) -> None:
    probability, scores = np.array([0.7, 0.99, 0.99]), np.array([0.0, -less, -3.0])
    verdicts = Verdicts(np.ones(3, bool), probability, {}, np.zeros(3, bool))
    preference = Preference(np.zeros(3), scores, weighed=True)
    units = SPACE.sample(3, np.random.default_rng(0))
    nothing = np.zeros(3, bool)
    screened = Screened(
        plan, State(), OpenGate(), units, verdicts, preference, nothing, probe_cost=0.1
    )

    found = sure_instead(plan, screened, (0, verdicts[0]))

    assert found is not None
    assert found[0] == row


def test_a_device_whose_readings_are_spoiled_is_asked_once_a_candidate(
    plan: Plan, tmp_path: Path
) -> None:
    def spoiled(trial: Trial) -> Iterator[Event]:
        for event in noisily(trial, plan):
            if isinstance(event, Probed) and trial.purpose == "probe":
                read = tuple(replace(m, attribution=SHARED) for m in event.measurements)
                yield replace(event, measurements=read)
            else:
                yield event

    state = sweep(replace(plan, limits=Limits(10, 1e6, 1)), tmp_path / "j", spoiled)

    probed = [trial.candidate.key for trial in state.of("probe")]
    assert probed
    assert len(set(probed)) == len(probed)
    assert len(state.of("train")) == 10


def test_after_so_many_measured_in_vain_an_unsure_one_is_trained(
    plan: Plan, tmp_path: Path
) -> None:
    hasty = replace(plan, promise=Promise(in_vain=1), limits=Limits(10, 1e6, 1))

    state = sweep(hasty, tmp_path / "j", lambda trial: noisily(trial, hasty))

    purposes = [t.purpose for t in state.trials.values() if t.purpose in ("train", "probe")]
    unsure = [t for t in state.of("train") if t.verdict.probability < 1 - MarginRule().alpha]
    assert unsure
    assert "probe" in purposes


@pytest.mark.slow
def test_killed_while_probes_are_taken_over_it_goes_on_as_before(
    plan: Plan, state: State, journal: Path, tmp_path: Path
) -> None:
    lines = journal.read_bytes().splitlines(keepends=True)
    assert any(trial.proposed.measured_by for trial in state.of("train"))

    for share in (0.8, 0.9, 0.97):
        path = tmp_path / f"killed-after-{share}"
        path.write_bytes(b"".join(lines[: int(share * len(lines))]))
        again = sweep(plan, path, lambda trial: noisily(trial, plan))

        assert [t.candidate.key for t in again.trials.values()] == [
            t.candidate.key for t in state.trials.values()
        ]
        assert again.attempts == state.attempts


def proposed(plan: Plan, state: State, cost: float, spread: float) -> Event:
    units = SPACE.sample(1, np.random.default_rng(len(state.trials)))[0]
    verdict = Verdict(True, 0.5, {"latency_s": cost}, spreads={"latency_s": spread})
    return propose(plan, state, units, purpose="train", verdict=verdict)


def test_trials_under_way_raise_the_margin_by_what_they_risk(plan: Plan) -> None:
    state = State()
    for _ in range(3):
        state = advance(state, proposed(plan, state, cost=0.06, spread=0.1), 0.0)
        state = advance(state, Dispatched(list(state.trials)[-1]), 0.0)

    margins = margins_of(plan, state)

    rule = MarginRule()
    assert margins["latency_s"] == pytest.approx(rule.start + 3 * rule.step * (0.5 - rule.alpha))
    assert margins_of(plan, state, besides="t0001")["latency_s"] < margins["latency_s"]


def test_out_of_memory_counts_without_a_value(plan: Plan) -> None:
    state = advance(State(), proposed(plan, State(), cost=0.03, spread=0.1), 0.0)
    state = advance(state, Dispatched("t0001"), 0.0)

    state = advance(state, Infeasible("t0001", "out of memory", ("latency_s",)), 0.0)

    assert state.attempts == {"t0001": frozenset({"latency_s"})}
    assert state.costs.exceeded == ((state.trials["t0001"].candidate, frozenset({"latency_s"})),)
    assert margins_of(plan, state)["latency_s"] > MarginRule().start


def test_without_a_probe_share_nothing_is_sent_beyond_the_gate(tmp_path: Path) -> None:
    plan = make_plan("hyperwatt", promise=Promise(probe_share=0.0), limits=Limits(15, 1e6, 1))

    state = sweep(plan, tmp_path / "j", lambda trial: noisily(trial, plan))

    assert not state.of("probe")


def test_a_probed_candidate_that_is_inside_may_be_trained_later(tmp_path: Path) -> None:
    plan = make_plan("hyperwatt", promise=Promise(MarginRule(start=8.0, step=1e-9), 0.2))

    state = sweep(plan, tmp_path / "j", lambda trial: evaluate(trial, plan))

    probed = {t.candidate for t in state.of("probe") if isinstance(t.end, Completed)}
    trained = [t for t in state.of("train") if t.candidate in probed]
    assert probed
    assert all(t.verdict.measured for t in trained)


def test_a_profile_that_ran_out_of_memory_is_known_to_be_over(plan: Plan) -> None:
    units = SPACE.sample(1, np.random.default_rng(1))[0]
    event = propose(plan, State(), units, purpose="profile", verdict=Verdict(True, 1.0))
    state = advance(advance(State(), event, 0.0), Dispatched("t0001"), 0.0)

    state = advance(state, Infeasible("t0001", "out of memory", ("latency_s",)), 0.0)

    assert state.costs.exceeded
    assert not state.attempts


def test_a_small_space_in_which_nothing_fits_ends_and_says_so(tmp_path: Path) -> None:
    space = Space.of([Parameter("units", Int(50, 53)), Parameter("layers", Int(1, 2))])
    plan = make_plan(
        "hyperwatt", space=space, models=models_of(space),
        constraints=(Constraint("latency_s", 0.001),), profile_candidates=8,
    )  # fmt: skip

    state = sweep(plan, tmp_path / "j", lambda trial: evaluate(trial, plan))

    assert state.ended is not None
    assert state.ended.reason == "nothing feasible"


def test_a_probe_that_told_no_costs_is_not_proposed_again(tmp_path: Path) -> None:
    plan = make_plan("hyperwatt", promise=Promise(MarginRule(start=8.0, step=1e-9)))

    def worker(trial: Trial) -> Iterator[Event]:
        if trial.purpose == "probe":
            yield Failed(trial.trial_id, "exception", "boom")
        else:
            yield from evaluate(trial, plan)

    probed = [t.candidate for t in sweep(plan, tmp_path / "j", worker).of("probe")]

    assert len(probed) > 1
    assert len(set(probed)) == len(probed)


def test_what_passed_its_probe_is_trained_without_a_second_measurement(tmp_path: Path) -> None:
    plan = make_plan("hyperwatt", promise=Promise(MarginRule(start=8.0, step=1e-9), 0.2))
    asked: list[Mapping[str, object]] = []

    def worker(trial: Trial) -> Iterator[Event]:
        if trial.verdict.measured and trial.purpose == "train":
            asked.append(dispatch_dict(driver, trial))
            yield Reported(trial.trial_id, 1, {"error": 0.5}, "x.pt", 0.1)
            yield Completed(trial.trial_id)
        else:
            yield from evaluate(trial, plan)

    driver = make_driver(plan, tmp_path / "j")
    run_serially(driver, worker)
    driver.close()
    probed = {t.candidate: t.costs for t in driver.state.of("probe")}
    trained = [t for t in driver.state.of("train") if t.candidate in probed]

    assert trained
    assert all(t.costs.keys() == probed[t.candidate].keys() for t in trained)
    assert all(t.trained and is_feasible(t, plan.constraints) for t in trained)
    assert [(a["metrics"], a["bounds"]) for a in asked] == [([], {})] * len(trained)
