"""The workers' door to Ray: an actor that carries out one trial after another.

A Tune trial's config is a dispatch. Each step waits for the child's next message, which goes to the
driver as JSON text under `message`, so that Tune's flattening of results cannot change it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

from ray.tune import Trainable

from .child import Child
from .messages import is_end
from .trial_power import follow

SILENCE_LIMIT_S = 600.0  # longer than an epoch; at half, slow epochs on a busy CPU count as hangs


class TrialActor(Trainable):
    """Runs trials in child processes; never raises for a candidate's fault."""

    def setup(self, config: dict[str, Any], workload: Mapping[str, Any] | None = None) -> None:
        """Start the first trial.

        Args:
            config: the dispatch.
            workload: what all trials share, through `tune.with_parameters`.
        """
        if workload is None:
            raise ValueError("give the workload: tune.with_parameters(TrialActor, workload=...)")
        self._workload = dict(workload)
        self._silence_limit_s = float(self._workload.get("silence_limit_s", SILENCE_LIMIT_S))
        os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")  # as NVML counts
        self._power = follow(self._workload)
        self._epoch = 0
        self._child = self._begin(config)

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        """Leave the trial before and start the next."""
        self._child.stop()
        self._epoch = 0
        self._child = self._begin(new_config)
        return True

    def step(self) -> dict[str, Any]:
        """The trial's next message."""
        message = self._child.next_message(self._silence_limit_s)
        self._epoch = message.get("epoch", self._epoch)
        if self._power is not None and message["event"] != "queued":
            message["spent_j"] = self._power.spent_j()
        return {"message": json.dumps(message), "done": is_end(message), "epoch": self._epoch}

    def save_checkpoint(self, checkpoint_dir: str) -> None:
        """Nothing: Tune asks at a trial's end, but the child has kept its own."""

    def load_checkpoint(self, checkpoint: dict[str, Any] | None) -> None:
        """Nothing: a dispatch says after which epoch to go on."""

    def cleanup(self) -> None:
        """End the child."""
        self._child.stop()
        if self._power is not None:
            self._power.close()

    def _begin(self, dispatch: Mapping[str, Any]) -> Child:
        if self._power is not None:
            self._power.begin(dispatch["trial_id"])
        return Child.start(self._workload, dispatch)
