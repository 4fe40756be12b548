"""The logs of a sweep, with logs that only remember."""

from collections.abc import Iterable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from fakes import fake_sweep

from hyperwatt.experiments.logs import Logs
from hyperwatt.orchestrator.log_thread import LogThread
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
    logs = Logs(done.plan, [LogThread("a", lambda: heard)], [LogThread("b", lambda: monitor)])

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
