"""The logs of a sweep, with logs that only remember."""

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
from fakes import fake_sweep

from hyperwatt.constraints.gate import Verdict
from hyperwatt.experiments.logs import Logs, open_logs
from hyperwatt.experiments.run_folder import RunFolder
from hyperwatt.orchestrator.driver import Driver
from hyperwatt.orchestrator.events import Completed, Dispatched, Event, Probed, Proposed
from hyperwatt.orchestrator.log_thread import LogThread
from hyperwatt.orchestrator.search import Search
from hyperwatt.orchestrator.state import State
from hyperwatt.orchestrator.sweep_readings import Reading
from hyperwatt.orchestrator.trial_news import Begun, News, Over


class Trainings:
    def __init__(self) -> None:
        self.items: list[News] = []

    def hear(self, item: News) -> None:
        self.items.append(item)

    def close(self) -> None:
        pass


class Monitor:
    def __init__(self) -> None:
        self.last: dict[str, float] = {}

    def hear(self, item: Iterable[Reading]) -> None:
        self.last = {reading.name: reading.value for reading in item}

    def close(self) -> None:
        pass


def test_what_ended_in_an_earlier_process_is_not_told_again(tmp_path: Path) -> None:
    done = fake_sweep(tmp_path / "run")
    trained = [trial.trial_id for trial in done.state.of("train")]
    last = done.state.trials[trained[-1]]
    running = replace(last, end=None)
    earlier = replace(done.state, trials={**done.state.trials, last.trial_id: running})
    heard, monitor, order = Trainings(), Monitor(), []
    logs = Logs(
        done.plan,
        [LogThread("a", lambda: heard)],
        [LogThread("b", lambda: monitor, newest=True)],
        told={trial.trial_id for trial in earlier.trials.values() if trial.end is not None},
    )

    with logs.timed(nullcontext)():
        pass
    tell = logs.after(lambda state: order.append(state))
    states: list[State] = [earlier, done.state]
    for state in states:
        tell(state)
    logs.close()

    assert order == states
    assert isinstance(heard.items[0], Begun)
    assert isinstance(heard.items[-1], Over)
    assert {item.trial_id for item in heard.items} == {last.trial_id}
    assert monitor.last["hyperwatt_suggestions_total"] == 1
    assert monitor.last["hyperwatt_suggestion_s_total"] > 0


def test_an_end_that_the_driver_makes_up_for_on_resume_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = fake_sweep(tmp_path / "done", "strategy=hw-random")
    candidate = done.state.of("train")[0].candidate
    folder = RunFolder(tmp_path / "run")
    folder.create()
    events: list[Event] = []
    for name, broken in (("t0001", ()), ("t0002", ("latency_s",)), ("t0003", ())):
        proposed = Proposed(name, candidate, "train", 0, 0, Verdict(True, 1.0))
        events += [proposed, Dispatched(name), Probed(name, (), broken, False, 0, 0.2)]
    driver = Driver.open(Search(done.plan), folder.journal, ahead=False)
    driver.tell(*events, Completed("t0001"))
    driver.close()  # as if killed: the second has only lost its end, the third goes on later
    heard = Trainings()
    opened = lambda log, spec, folder: heard  # noqa: E731
    monkeypatch.setattr("hyperwatt.experiments.logs._trainings_log", opened)

    logs = open_logs(done.spec, done.plan, folder)
    listener = logs.after(lambda state: None)
    Driver.open(Search(done.plan), folder.journal, ahead=False, listener=listener).close()
    logs.close()

    assert heard.items == [Begun("t0002", candidate), Over("t0002", failed=False)]
