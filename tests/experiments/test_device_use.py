from __future__ import annotations

from dataclasses import replace

import pytest
from fakes import fake_sweep

from hyperwatt.constraints.candidate import Candidate
from hyperwatt.constraints.gate import Verdict
from hyperwatt.experiments.account import Account, account_of
from hyperwatt.experiments.device_use import (
    AGAIN,
    CAUGHT,
    FAILED,
    FEASIBLE,
    MEASURED,
    TRAINED,
    USES,
    WASTED,
    Use,
    device_seconds,
    total,
    uses_of,
)
from hyperwatt.experiments.summary import summarise
from hyperwatt.experiments.sweep import Sweep
from hyperwatt.experiments.use_table import spread, use_table
from hyperwatt.orchestrator.events import Completed, Failed, Infeasible, Probed, Proposed
from hyperwatt.orchestrator.state import Trial


def account(**uses: Use) -> Account:
    """Of a run that did only what is named."""
    return Account(0, "cpu:x", {use: uses.get(use, Use()) for use in USES}, None, (), None)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def vanilla(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return fake_sweep(tmp_path_factory.mktemp("use") / "r", "strategy=random")


@pytest.fixture(scope="module")
def aware(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    return fake_sweep(tmp_path_factory.mktemp("use") / "r", "strategy=hw-random")


def test_every_dispatched_trial_is_counted_once(vanilla: Sweep, aware: Sweep) -> None:
    for sweep in (vanilla, aware):
        uses = uses_of(sweep.plan, sweep.state)
        dispatched = [t for t in sweep.state.trials.values() if t.dispatched_s is not None]

        assert total(list(uses.values())).trials == len(dispatched)


def test_what_was_wasted_is_what_the_summary_says(vanilla: Sweep) -> None:
    uses = uses_of(vanilla.plan, vanilla.state)
    summary = summarise(vanilla.plan, vanilla.state)

    assert uses[WASTED].trials == summary.trained_infeasible > 0
    assert uses[WASTED].device_s == pytest.approx(summary.wasted_s)


def test_a_gate_pays_by_measuring_first(aware: Sweep) -> None:
    uses = uses_of(aware.plan, aware.state)

    assert uses[WASTED].trials == 0
    assert uses[MEASURED].trials >= 24
    assert uses[FAILED].trials == sum(
        isinstance(t.end, Failed) for t in aware.state.trials.values()
    )
    assert uses[AGAIN].trials > 0


def trial(end: object, *, probe_s: float | None = None, told: bool = True) -> Trial:
    proposed = Proposed("t1", Candidate({}), "train", 0, 0, Verdict(True, 1.0))
    probe = None if probe_s is None else Probed("t1", (), (), False, 0, probe_s)
    return Trial(proposed, dispatched_s=100.0, probe=probe, end=end, ended_s=160.0)  # type: ignore[arg-type]


def test_a_failed_trial_holds_its_device_until_it_ends() -> None:
    assert device_seconds(trial(Failed("t1", "hung", ""), probe_s=2.0)) == 60.0


def test_a_trial_that_told_nothing_counts_from_dispatch_to_end() -> None:
    assert device_seconds(trial(Infeasible("t1", "memory", ("memory_bytes",)))) == 60.0
    assert device_seconds(trial(Infeasible("t1", "budget", ("power_w",)), probe_s=2.0)) == 2.0


def test_without_a_budget_there_is_nothing_to_be_inside_or_to_waste(vanilla: Sweep) -> None:
    free = replace(vanilla.plan, constraints=())

    table = use_table({"random": [account_of(free, vanilla.state)]})

    assert table.title == "Device use"
    assert int(table.shown.iloc[0][TRAINED]) > 0
    told = " ".join([*table.shown.columns, *table.frame["use"], table.note])
    assert not [word for word in ("budget", "asted") if word in told]


def test_what_is_measured_later_is_not_said_to_be_measured_first(aware: Sweep) -> None:
    measured = next(t for t in aware.state.of("profile") if isinstance(t.end, Completed))
    later = replace(measured, proposed=replace(measured.proposed, purpose="probe"))
    state = replace(aware.state, trials={later.trial_id: later})

    (became,) = [name for name, use in uses_of(aware.plan, state).items() if use.trials]

    assert became == "measured, untrained"


def test_energy_that_nobody_could_read_is_unknown_and_not_zero(vanilla: Sweep) -> None:
    runs = [account_of(vanilla.plan, vanilla.state)]

    table = use_table({"random": runs})

    assert list(table.shown["energy"]) == ["unknown"]
    known = table.frame[table.frame["trials"] > 0]
    assert known["spent_j"].isna().all()


def test_energy_that_was_read_of_some_trials_is_a_lower_bound() -> None:
    some = account(**{WASTED: Use(2, 10.0, 300.0, 1), FEASIBLE: Use(3, 20.0, 600.0, 0)})

    shown = use_table({"ei": [some]}).shown.iloc[0]

    assert shown["energy"] == "at least 900 J (1 of 5 trials unknown)"
    assert shown["wasted energy"] == "at least 300 J (1 of 2 trials unknown)"


def test_waste_by_hand() -> None:
    first = account(**{WASTED: Use(2, 30.0, 300.0), FEASIBLE: Use(1, 60.0, 600.0)})
    second = account(**{CAUGHT: Use(1, 10.0, 100.0), FEASIBLE: Use(1, 100.0, 1000.0)})

    shown = use_table({"ei": [first, second]}).shown.iloc[0]

    assert shown["trained, over the budget"] == "1 +- 1.4"
    assert shown["wasted time"] == "20 s +- 14.1 s (20%)"
    assert shown["wasted energy"] == "200 J +- 141 J"
    assert shown["energy"] == "1 kJ +- 141 J"


def test_long_times_are_told_in_minutes_and_hours() -> None:
    long = account(**{WASTED: Use(1, 324.0, 1.0), FEASIBLE: Use(9, 35676.0, 1.0)})

    shown = use_table({"ei": [long]}).shown.iloc[0]

    assert shown["device time"] == "10 h 0 min"
    assert shown["wasted time"] == "5.4 min (1%)"


def test_a_simulated_device_is_called_so() -> None:
    made_up = Account(0, "simulated:gtx1070", account(**{WASTED: Use(1, 1.0)}).uses, None, (), None)  # type: ignore[arg-type]

    assert "SIMULATED (simulated:gtx1070)" in use_table({"ei": [made_up]}).note
    assert "SIMULATED" not in use_table({"ei": [account(**{WASTED: Use(1, 1.0)})]}).note


def test_five_runs_have_an_interval_and_four_have_none() -> None:
    assert "[" in spread([1.0, 2.0, 3.0, 4.0, 5.0], "s")
    assert "[" not in spread([1.0, 2.0, 3.0, 4.0], "s")


def test_without_any_trial_there_is_no_row() -> None:
    assert use_table({"ei": [account()]}).empty
    assert use_table({}).empty
