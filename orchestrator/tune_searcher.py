"""The door to Ray Tune: a searcher that asks the driver, and a scheduler that tells it.

Tune places trials, moves results and ends processes; what to run and when to stop is decided by the
driver. Neither hook ever raises, because that would kill Tune's loop: a fault ends the search and
is raised after the loop (`TuneSearcher.fault`).

A trial's dispatch travels as the trial's config; each message of its worker comes back as JSON text
under `message`, so that Tune's flattening of results cannot change it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ray.tune.experiment import Trial as TuneTrial
from ray.tune.schedulers import FIFOScheduler, TrialScheduler
from ray.tune.search import Searcher

from .driver import Driver, Finished, dispatch_dict
from .events import End, Event, Failed
from .records import event_of

MESSAGE = "message"
FINISHED: Any = Searcher.FINISHED  # a string, where Ray's types say dict
T = TypeVar("T")


class TuneSearcher(Searcher):
    """Hands out the driver's dispatches; keeps its own count of what runs.

    Attributes:
        driver: of the sweep.
        trials: our trial ids by Tune's.
        fault: what went wrong in a hook, if anything did.
    """

    def __init__(self, driver: Driver) -> None:
        super().__init__()
        self.driver = driver
        self.trials: dict[str, str] = {}
        self.fault: Exception | None = None

    def suggest(self, trial_id: str) -> dict[str, Any] | None:
        """The next dispatch; None to be asked again; `FINISHED` at the end."""
        said: dict[str, Any] | None = self.guarded(
            lambda: self._suggest(trial_id), otherwise=FINISHED
        )
        return said

    def on_trial_result(self, trial_id: str, result: dict[str, Any]) -> None:
        """Results are told by the scheduler, which may answer."""

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Tell a trial's end, or that its actor was lost."""
        self.guarded(
            lambda: self._complete(trial_id, {} if error else result or {}), otherwise=None
        )

    def tell(self, trial_id: str, result: Mapping[str, Any]) -> bool:
        """Tell what a running trial reported; whether it must be stopped."""
        ours = self.trials.get(trial_id)
        if ours is None or self.driver.state.trials[ours].end is not None:
            return False
        self.driver.tell(_event(ours, result))
        return self.driver.state.trials[ours].end is not None  # stopped, or unreadable

    def _suggest(self, trial_id: str) -> Any:
        trial = self.driver.next_dispatch()
        if isinstance(trial, Finished):
            return FINISHED
        if trial is None:
            return None
        self.trials[trial_id] = trial.trial_id
        return dict(dispatch_dict(self.driver, trial))

    def _complete(self, trial_id: str, result: Mapping[str, Any]) -> None:
        ours = self.trials.get(trial_id)
        if ours is None or self.driver.state.trials[ours].end is not None:
            return
        event = _event(ours, result) if MESSAGE in result else None
        if not isinstance(event, End):  # Tune ended it, and its worker did not say how
            event = Failed(ours, "worker lost", "its actor or node died; see Ray's logs")
        self.driver.tell(event)

    def save(self, checkpoint_path: str) -> None:
        """Nothing: the journal has it all."""

    def restore(self, checkpoint_path: str) -> None:
        """Nothing: a sweep is resumed from its journal."""

    def __getstate__(self) -> dict[str, Any]:
        """Tune pickles its searcher, and never gets it back: the journal is what is resumed."""
        return {}

    def guarded(self, hook: Callable[[], T], *, otherwise: T) -> T:
        """Run a hook; after a fault, which is kept for the end of the loop, run none."""
        if self.fault is not None:
            return otherwise
        try:
            return hook()
        except Exception as error:  # any fault in here would kill Tune's loop
            self.fault = error
            return otherwise


class JournalScheduler(FIFOScheduler):
    """Tells each result to the driver and stops the trial if the driver says so."""

    def __init__(self, searcher: TuneSearcher) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Ray's
        self._searcher = searcher

    def on_trial_result(
        self, tune_controller: Any, trial: TuneTrial, result: dict[str, Any]
    ) -> str:
        """Continue or stop, as the core decides from its journal."""
        stops = self._searcher.guarded(
            lambda: self._searcher.tell(trial.trial_id, result), otherwise=True
        )
        return str(TrialScheduler.STOP if stops else TrialScheduler.CONTINUE)


def _event(trial_id: str, result: Mapping[str, Any]) -> Event:
    """The event of a worker's message; one that cannot be read ends its trial."""
    try:
        return event_of(trial_id, json.loads(result[MESSAGE]))
    except (KeyError, TypeError, ValueError) as error:
        return Failed(trial_id, "bad message", f"{type(error).__name__}: {error}")
