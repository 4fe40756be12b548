"""The door to Ray Tune, without a cluster: what Tune calls, and what it may rely on."""

import json
import pickle
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from toys import make_driver, make_plan

from hyperwatt.orchestrator.driver import Driver
from hyperwatt.orchestrator.early_stopping import ChanceLevel
from hyperwatt.orchestrator.events import Failed
from hyperwatt.orchestrator.plan import Limits

pytestmark = pytest.mark.slow  # imports ray.tune, about 2 s

REPORT = {"event": "reported", "epoch": 1, "metrics": {"error": 0.9}, "checkpoint": "c"}


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[Driver]:
    plan = make_plan("random", limits=Limits(3, 1e6, 2), rules=(ChanceLevel(0.9, 1),))
    opened = make_driver(plan, tmp_path / "j.jsonl")
    yield opened
    opened.close()


def searcher_of(driver: Driver):  # type: ignore[no-untyped-def]
    from hyperwatt.orchestrator.tune_searcher import TuneSearcher

    return TuneSearcher(driver)


def result(**message: object) -> dict[str, object]:
    return {"message": json.dumps({"duration_s": 1.0, **message}), "done": False}


def test_it_counts_for_itself_and_finishes_at_the_limit(driver: Driver) -> None:
    from ray.tune.search import Searcher

    searcher = searcher_of(driver)
    first, second, third = (searcher.suggest(name) for name in "abc")

    assert first["trial_id"] != second["trial_id"]
    assert third is None
    for name in "ab":
        searcher.on_trial_complete(name, result(event="completed", metrics={}))
    searcher.suggest("c")
    searcher.on_trial_complete("c", result(event="completed", metrics={}))
    while (said := searcher.suggest("d")) != Searcher.FINISHED:
        assert said is None or said["purpose"] == "confirm"
        searcher.on_trial_complete("d", result(event="completed", metrics={}))


def test_a_dispatch_is_plain_json(driver: Driver) -> None:
    dispatch = searcher_of(driver).suggest("a")

    assert json.loads(json.dumps(dispatch)) == dispatch


def test_the_scheduler_stops_a_trial_when_the_core_says_so(driver: Driver) -> None:
    from hyperwatt.orchestrator.tune_searcher import JournalScheduler

    searcher = searcher_of(driver)
    searcher.suggest("a")
    scheduler = JournalScheduler(searcher)
    trial = SimpleNamespace(trial_id="a")

    decision = scheduler.on_trial_result(None, trial, result(**REPORT))  # type: ignore[arg-type]

    assert decision == "STOP"
    assert type(driver.state.trials["t0001"].end).__name__ == "Stopped"


def test_a_lost_worker_is_a_typed_failure_and_what_it_measured_is_kept(driver: Driver) -> None:
    searcher = searcher_of(driver)
    searcher.suggest("a")

    searcher.on_trial_complete("a", None, error=True)

    end = driver.state.trials["t0001"].end
    assert isinstance(end, Failed)
    assert end.reason == "worker lost"


def test_a_fault_in_a_hook_ends_the_search_and_does_not_raise(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ray.tune.search import Searcher

    def broken() -> None:
        raise RuntimeError("disk full")

    searcher = searcher_of(driver)
    monkeypatch.setattr(driver, "next_dispatch", broken)

    assert searcher.suggest("a") == Searcher.FINISHED
    assert str(searcher.fault) == "disk full"


def test_tune_may_pickle_it(driver: Driver) -> None:
    searcher = searcher_of(driver)

    pickle.dumps(searcher)

    assert searcher.driver is driver


def test_results_of_others_and_repeated_ends_are_ignored(driver: Driver) -> None:
    searcher = searcher_of(driver)
    searcher.suggest("a")
    done = result(event="completed", metrics={})

    searcher.on_trial_complete("unknown", done)
    searcher.on_trial_complete("a", done)
    events = driver.state.events
    searcher.on_trial_complete("a", done)

    assert driver.state.events == events
    assert searcher.fault is None


def test_a_message_that_cannot_be_read_ends_its_trial_and_nothing_else(driver: Driver) -> None:
    searcher = searcher_of(driver)
    for name, bad in {"a": {"event": "reported"}, "b": {"event": "no such"}}.items():
        searcher.suggest(name)

        assert searcher.tell(name, result(**bad)) is True  # its worker need not go on

    reasons = {getattr(trial.end, "reason", "") for trial in driver.state.trials.values()}
    assert reasons == {"bad message"}
    assert searcher.fault is None
