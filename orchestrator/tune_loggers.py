"""The door to Ray's loggers: they are told of a training as if Tune told them.

Tune itself would show them a dispatch and the text of messages. Here a trial's config is its
candidate, and its results are plain numbers.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from ray.tune.logger import LoggerCallback, TBXLoggerCallback
from ray.tune.result import TRAINING_ITERATION  # type: ignore[attr-defined]  # Ray's

from .trial_news import Begun, News, Over, Told

# That Weights & Biases may take to upload at the end; less than a log has in all (`log_thread.py`),
# so that it is Ray that ends what is left.
MOST_UPLOAD_S = 45


class ShownTrial:
    """Stands for a trial of Tune's; has what loggers ask of one.

    Args:
        trial_id: ours, by which people know it.
        config: the candidate.
        folder: where a logger may write.
        group: of the runs of one sweep.
    """

    def __init__(self, trial_id: str, config: Mapping[str, Any], folder: Path, group: str) -> None:
        self._name = trial_id
        self.trial_id = f"{trial_id}-{uuid4().hex}"  # W&B: unique in a project, for all time
        self.config = self.evaluated_params = dict(config)
        self.local_path = str(folder)
        self.experiment_dir_name = group

    def init_local_path(self) -> None:
        """Make the folder; what an interrupted process logged of this trial is logged anew."""
        folder = Path(self.local_path)
        folder.mkdir(parents=True, exist_ok=True)
        for events in folder.glob("events.out.tfevents.*"):
            events.unlink()

    def __str__(self) -> str:
        return self._name


class RayLog:
    """Tells one of Ray's logger callbacks.

    Args:
        callback: not set up yet.
        folder_of: where it may write about a trial, by our id.
        group: of the runs of one sweep.
    """

    def __init__(
        self, callback: LoggerCallback, folder_of: Callable[[str], Path], group: str
    ) -> None:
        self._callback = callback
        self._folder_of = folder_of
        self._group = group
        self._open: dict[str, Any] = {}
        callback.setup()

    def hear(self, item: News) -> None:
        """Begin, tell or end a trial's run."""
        match item:
            case Begun(trial_id, candidate):
                folder = self._folder_of(trial_id)
                self._open[trial_id] = ShownTrial(trial_id, candidate, folder, self._group)
                self._callback.log_trial_start(self._open[trial_id])
            case Told(trial_id, epoch, values):
                result = {**values, TRAINING_ITERATION: epoch}
                self._callback.log_trial_result(epoch, self._open[trial_id], result)
            case Over(trial_id, failed):
                self._callback.log_trial_end(self._open.pop(trial_id), failed)

    def close(self) -> None:
        """End what is still open, as failed: the next process logs it anew."""
        for trial in self._open.values():
            self._callback.log_trial_end(trial, failed=True)
        self._open.clear()
        self._callback.on_experiment_end(trials=[])


def tensorboard_log(folder: Path, group: str) -> RayLog:
    """Event files, a folder a trial, below `folder`."""
    callback = TBXLoggerCallback()  # type: ignore[no-untyped-call]  # Ray's
    return RayLog(callback, lambda trial_id: folder / trial_id, group)


def mlflow_log(folder: Path, group: str, *, uri: str | None, experiment: str) -> RayLog:
    """A run a trial, tagged with the sweep's group.

    Args:
        folder: of the run.
        group: of the runs of one sweep.
        uri: of the tracking server; None for MLflow's own choice.
        experiment: that is made if it is not there; MLFLOW_EXPERIMENT_ID comes before it.
    """
    from ray.air.integrations.mlflow import MLflowLoggerCallback  # loads MLflow, seconds

    callback = MLflowLoggerCallback(uri, experiment_name=experiment, tags={"sweep": group})
    return RayLog(callback, lambda trial_id: folder, group)


def wandb_log(folder: Path, group: str, *, project: str, entity: str | None) -> RayLog:
    """A run a trial, in an actor of its own, as Weights & Biases wants it.

    Args:
        folder: of the run; its files lie in `wandb` there.
        group: of the runs of one sweep.
        project: that they belong to.
        entity: user or team; None for the one who is logged in.
    """
    from ray.air.integrations.wandb import WandbLoggerCallback  # loads wandb

    # The mode is handed over because workers of a cluster have an environment of their own.
    given = {"entity": entity, "mode": os.environ.get("WANDB_MODE")}
    options: Any = {name: value for name, value in given.items() if value}
    callback = WandbLoggerCallback(project, upload_timeout=MOST_UPLOAD_S, **options)
    return RayLog(callback, lambda trial_id: folder, group)
