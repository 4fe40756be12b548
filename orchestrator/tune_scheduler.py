"""A scheduler of Ray Tune that a user brings: it may stop trainings, and the journal says so.

It hears each report after our own rules, with the metrics, `epoch` and `training_iteration` (the
same). Its rungs live in its own memory, so a resumed sweep tells it anew what was reported before.
Schedulers that pause or perturb trials are refused: Tune would start a paused one from its first
epoch, since a sweep's checkpoints are not Tune's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from ray.tune.experiment import Trial as TuneTrial
from ray.tune.schedulers import (
    HyperBandScheduler,
    PopulationBasedTraining,
    PopulationBasedTrainingReplay,
    ResourceChangingScheduler,
    TrialScheduler,
)

from ..constraints.errors import HyperwattError
from ..constraints.metrics import METRICS
from .events import Reported, Stopped
from .records import event_of
from .tune_searcher import MESSAGE, JournalScheduler, TuneSearcher

PAUSING = (
    HyperBandScheduler, PopulationBasedTraining, PopulationBasedTrainingReplay,
    ResourceChangingScheduler,
)  # fmt: skip
SUITED = "ray.tune.schedulers:AsyncHyperBandScheduler or ray.tune.schedulers:MedianStoppingRule"


@dataclass(frozen=True)
class Brought:
    """A scheduler by name.

    Attributes:
        name: `package.module:Class`.
        options: of its constructor; its metric and mode are set by the sweep unless given.
    """

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)

    def make(self) -> TrialScheduler:
        """A new one.

        Raises:
            HyperwattError: if there is none of that name, it does not take the options, or it does
                more than stop trials.
        """
        module, _, attribute = self.name.partition(":")
        try:
            kind = getattr(import_module(module), attribute)
        except (ImportError, AttributeError, ValueError) as error:
            raise HyperwattError(
                f"no scheduler {self.name!r} ({error}); write `package.module:Class`, "
                f"such as {SUITED}"
            ) from error
        if not isinstance(kind, type) or not issubclass(kind, TrialScheduler):
            raise HyperwattError(f"{self.name!r} is no scheduler of Ray Tune; take {SUITED}")
        if issubclass(kind, PAUSING):
            raise HyperwattError(
                f"{self.name!r} pauses or changes trials, which are not checkpointed for it; take "
                f"one that only stops them, such as {SUITED}"
            )
        try:
            return kind(**self.options)
        except (TypeError, ValueError, AssertionError) as error:
            raise HyperwattError(f"{self.name!r} does not take the options: {error}") from error


class BroughtScheduler(JournalScheduler):
    """Asks another scheduler about trainings that our own rules let go on.

    Args:
        searcher: of the sweep.
        inner: as made by `Brought`.
    """

    def __init__(self, searcher: TuneSearcher, inner: TrialScheduler) -> None:
        super().__init__(searcher)
        self._inner = inner
        metric = searcher.driver.search.plan.selected_by
        inner.set_search_properties(metric, "max" if METRICS[metric].maximise else "min")
        searcher.guarded(self._recall, otherwise=None)

    def on_trial_add(self, tune_controller: Any, trial: TuneTrial) -> None:
        """A new trial of Tune's."""
        self._forward(lambda: self._inner.on_trial_add(tune_controller, trial))

    def on_trial_complete(
        self, tune_controller: Any, trial: TuneTrial, result: dict[str, Any]
    ) -> None:
        """It is over; the other scheduler hears its last report once more."""
        ours = self._searcher.trials.get(trial.trial_id, "")
        known = self._searcher.driver.state.trials.get(ours)
        if known is not None and known.reports:
            last = _plain(known.reports[-1])
            self._forward(lambda: self._inner.on_trial_complete(tune_controller, trial, last))

    def on_trial_error(self, tune_controller: Any, trial: TuneTrial) -> None:
        """It is lost."""
        self._forward(lambda: self._inner.on_trial_error(tune_controller, trial))

    def on_trial_remove(self, tune_controller: Any, trial: TuneTrial) -> None:
        """It was never run."""
        self._forward(lambda: self._inner.on_trial_remove(tune_controller, trial))

    def on_trial_result(
        self, tune_controller: Any, trial: TuneTrial, result: dict[str, Any]
    ) -> str:
        """Our rules first, then the other scheduler."""
        if super().on_trial_result(tune_controller, trial, result) == TrialScheduler.STOP:
            return str(TrialScheduler.STOP)
        stops = self._searcher.guarded(
            lambda: self._stops(tune_controller, trial, result), otherwise=True
        )
        return str(TrialScheduler.STOP if stops else TrialScheduler.CONTINUE)

    def _stops(self, tune_controller: Any, trial: TuneTrial, result: Mapping[str, Any]) -> bool:
        ours = self._searcher.trials.get(trial.trial_id)
        reported = None if ours is None else _heard(ours, result)
        if ours is None or reported is None:
            return False
        told = self._inner.on_trial_result(tune_controller, trial, _plain(reported))
        if told == TrialScheduler.CONTINUE:
            return False
        name = type(self._inner).__name__
        if told != TrialScheduler.STOP:
            raise HyperwattError(f"{name} answered {told}, but may only stop trials; take {SUITED}")
        self._searcher.driver.tell(Stopped(ours, "scheduler", f"by {name}"))
        return True

    def _recall(self) -> None:
        """Tell what was reported before this process began; what it says of that is past."""
        nobody: Any = None  # Tune's controller, which is not there yet
        for trial in self._searcher.driver.state.of("train"):
            stand_in: Any = _Remembered(trial.trial_id)
            if trial.reports:
                self._inner.on_trial_add(nobody, stand_in)
            for report in trial.reports:
                self._inner.on_trial_result(nobody, stand_in, _plain(report))

    def _forward(self, hook: Callable[[], None]) -> None:
        self._searcher.guarded(hook, otherwise=None)


@dataclass(frozen=True)
class _Remembered:
    """Stands for a trial of Tune's that an earlier process had; schedulers keep it by its hash."""

    trial_id: str


def _heard(trial_id: str, result: Mapping[str, Any]) -> Reported | None:
    """The report that a result carries; None if it tells something else."""
    try:
        event = event_of(trial_id, json.loads(result[MESSAGE]))
    except (KeyError, TypeError, ValueError):
        return None
    return event if isinstance(event, Reported) else None


def _plain(report: Reported) -> dict[str, Any]:
    """A report as Tune's schedulers read it."""
    return {**report.metrics, "epoch": report.epoch, "training_iteration": report.epoch}
