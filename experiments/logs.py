"""The logs of a sweep that is trained: who is told what, as its spec asks."""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from time import perf_counter

from ..orchestrator.events import End
from ..orchestrator.journal import read_journal
from ..orchestrator.log_thread import Log, LogThread
from ..orchestrator.plan import Plan
from ..orchestrator.state import State, Trial
from ..orchestrator.sweep_readings import Reading, readings
from ..orchestrator.trial_news import News, news
from .preflight import logs_of
from .run_folder import RunFolder
from .spec import Spec
from .spec_logs import LogSpec, MlflowSpec, PrometheusSpec, WandbSpec

Quietly = Callable[[], AbstractContextManager[object]]


class Logs:
    """Tells all logs of a sweep; what one of them does never reaches the sweep.

    Args:
        plan: of the sweep.
        trainings: logs that hear of trainings.
        monitors: logs that hear readings.
        told: trials whose end an earlier process told; the first state heard may have ends that
            none did, because a driver that resumes ends what has only lost its end.
    """

    def __init__(
        self,
        plan: Plan,
        trainings: Sequence[LogThread[News]],
        monitors: Sequence[LogThread[Iterable[Reading]]],
        told: Container[str] = (),
    ) -> None:
        self._plan = plan
        self._trainings = trainings
        self._monitors = monitors
        self._told = told
        self._before: Mapping[str, Trial] | None = None
        self._thoughts, self._thinking_s = 0, 0.0

    def hear(self, state: State) -> None:
        """The state is new."""
        if self._before is None:
            self._before = {name: t for name, t in state.trials.items() if name in self._told}
        told = list(news(self._plan, self._before, state)) if self._trainings else []
        self._before = state.trials
        for log in self._trainings:
            for item in told:
                log.hear(item)
        for monitor in self._monitors:
            monitor.hear(self._readings(state))

    def after(self, listener: Callable[[State], None]) -> Callable[[State], None]:
        """A listener that is told of each state before the logs are."""

        def heard(state: State) -> None:
            listener(state)
            self.hear(state)

        return heard

    def timed(self, quietly: Quietly) -> Quietly:
        """The same surroundings of a thought of the search, which is timed."""

        @contextmanager
        def surroundings() -> Iterator[None]:
            with quietly():
                began_s = perf_counter()
                yield
                self._thinking_s += perf_counter() - began_s
                self._thoughts += 1

        return surroundings

    def close(self) -> None:
        """Let them take in what they were told."""
        for log in self._trainings:
            log.close()
        for monitor in self._monitors:
            monitor.close()

    def _readings(self, state: State) -> Iterator[Reading]:
        """Computed by whoever reads them, in the thread of a log."""
        yield from readings(self._plan, state)
        yield Reading("hyperwatt_suggestions_total", "computed by this process", self._thoughts)
        means = "seconds of computing them"
        yield Reading("hyperwatt_suggestion_s_total", means, self._thinking_s)


def open_logs(spec: Spec, plan: Plan, folder: RunFolder) -> Logs:
    """Open what a spec asks for, before its journal is; Ray must run.

    Side effects:
        Starts a thread a log.
    """
    asked = logs_of(spec)
    trainings = [log for log in asked if not isinstance(log, PrometheusSpec)]
    return Logs(
        plan,
        [LogThread(log.name, partial(_trainings_log, log, spec, folder)) for log in trainings],
        [
            LogThread(log.name, partial(_monitor, folder), newest=True)
            for log in asked
            if isinstance(log, PrometheusSpec)
        ],
        _ended(folder) if trainings else (),
    )


def _ended(folder: RunFolder) -> set[str]:
    """Trials that have their end in the journal."""
    entries, _ = read_journal(folder.journal)
    return {entry.event.trial_id for entry in entries if isinstance(entry.event, End)}


def _trainings_log(log: LogSpec, spec: Spec, folder: RunFolder) -> Log[News]:
    from ..orchestrator import tune_loggers  # loads Ray

    path = folder.path.resolve()
    match log:
        case MlflowSpec(tracking_uri=uri, experiment=given):
            experiment = given or os.environ.get("MLFLOW_EXPERIMENT_NAME") or spec.name
            return tune_loggers.mlflow_log(path, path.name, uri=uri, experiment=experiment)
        case WandbSpec(project=given, entity=entity, group=group):
            project = given or os.environ.get("WANDB_PROJECT") or spec.name
            group = group or os.environ.get("WANDB_RUN_GROUP") or path.name
            return tune_loggers.wandb_log(path, group, project=project, entity=entity)
        case _:
            return tune_loggers.tensorboard_log(folder.tensorboard.resolve(), path.name)


def _monitor(folder: RunFolder) -> Log[Iterable[Reading]]:
    from ..orchestrator.ray_metrics import RayMetrics  # loads Ray

    return RayMetrics(folder.path.resolve().name, folder.prometheus)
