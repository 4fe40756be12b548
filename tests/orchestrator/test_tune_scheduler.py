"""Schedulers of Ray Tune that users bring, without a cluster."""

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from toys import make_driver, make_plan

from hyperwatt.constraints.errors import HyperwattError
from hyperwatt.orchestrator.driver import Driver
from hyperwatt.orchestrator.events import Stopped
from hyperwatt.orchestrator.plan import Limits

pytestmark = pytest.mark.slow  # imports ray.tune, about 2 s

ASHA = "ray.tune.schedulers:AsyncHyperBandScheduler"
OPTIONS = {"time_attr": "epoch", "grace_period": 1, "max_t": 9, "reduction_factor": 3}


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[Driver]:
    opened = make_driver(
        make_plan("random", limits=Limits(9, 1e6, 9), profile_candidates=0), tmp_path / "j.jsonl"
    )
    yield opened
    opened.close()


class Tune:
    """What Tune does with one searcher and one scheduler."""

    def __init__(self, driver: Driver) -> None:
        from hyperwatt.orchestrator.tune_scheduler import Brought, BroughtScheduler
        from hyperwatt.orchestrator.tune_searcher import TuneSearcher

        self.searcher = TuneSearcher(driver)
        self.scheduler = BroughtScheduler(self.searcher, Brought(ASHA, OPTIONS).make())
        self.controller: Any = None

    def begin(self, name: str) -> Any:
        assert self.searcher.suggest(name) is not None
        trial: Any = SimpleNamespace(trial_id=name)
        self.scheduler.on_trial_add(self.controller, trial)
        return trial

    def report(self, trial: Any, **message: object) -> str:
        text = json.dumps({"duration_s": 1.0, "checkpoint": "c", **message})
        return self.scheduler.on_trial_result(self.controller, trial, {"message": text})


def epoch(number: int, error: float) -> dict[str, Any]:
    return {"event": "reported", "epoch": number, "metrics": {"error": error}}


def test_a_stop_of_the_other_scheduler_is_journalled_as_its_own(driver: Driver) -> None:
    tune = Tune(driver)
    trials = [tune.begin(f"a{i}") for i in range(6)]

    said = [tune.report(trial, **epoch(1, 0.1 * (i + 1))) for i, trial in enumerate(trials)]

    assert said[0] == "CONTINUE"
    assert said[-1] == "STOP"
    ours = driver.state.trials[tune.searcher.trials["a5"]]
    assert ours.end == Stopped(ours.trial_id, "scheduler", "by AsyncHyperBandScheduler")
    assert tune.searcher.fault is None


def test_it_hears_of_reports_and_nothing_else(driver: Driver) -> None:
    tune = Tune(driver)
    trial = tune.begin("a")
    probed = {"event": "probed", "measurements": [], "verdict": {"broken": [], "borderline": False},
              "parameters": 1}  # fmt: skip

    assert tune.report(trial, **probed) == "CONTINUE"
    assert tune.searcher.fault is None


def test_a_resumed_sweep_tells_it_what_was_reported_before(driver: Driver) -> None:
    before = Tune(driver)
    for i in range(6):
        before.report(before.begin(f"a{i}"), **epoch(1, 0.1 + 0.01 * i))

    resumed = Tune(driver)
    bad = resumed.begin("b")

    assert resumed.report(bad, **epoch(1, 0.9)) == "STOP"
    assert resumed.searcher.fault is None


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("ray.tune.schedulers:HyperBandScheduler", {}, "pauses or changes trials"),
        ("ray.tune.schedulers:PopulationBasedTraining", {}, "pauses or changes trials"),
        ("ray.tune.schedulers:NoSuch", {}, "write `package.module:Class`"),
        ("nonsense", {}, "write `package.module:Class`"),
        ("ray.tune:TuneConfig", {}, "is no scheduler of Ray Tune"),
        (ASHA, {"graze_period": 1}, "does not take the options"),
        (ASHA, {"grace_period": -1}, "does not take the options"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_remedy(
    name: str, options: dict[str, Any], says: str
) -> None:
    from hyperwatt.orchestrator.tune_scheduler import Brought

    with pytest.raises(HyperwattError, match=says):
        Brought(name, options).make()
