"""What a worker is told, as typed values: once the workload, and a dispatch for each trial.

Both cross the border from the driver as plain dicts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .device_lock import LIMIT_S
from .meters.protocol import Window

CONFIRMING_FACTOR = 4.0  # windows of what decides for good: half the standard error


@dataclass(frozen=True)
class Dispatch:
    """One trial.

    Attributes:
        trial_id: of the sweep.
        purpose: `profile` and `probe` measure only, `train` trains too, `confirm` measures a
            trained network.
        candidate: its active hyper-parameters.
        seed: of all that is random in the trial.
        metrics: to be measured by the probe.
        bounds: upper bounds that end the trial when broken, by metric.
        resume_epoch: to go on after; 0 to start.
        weights: for `confirm`, a file below the folder of checkpoints.
        finalist: for `confirm`, whether it may be named the best: it is measured for longer and
            evaluated on the test split.
    """

    trial_id: str
    purpose: str
    candidate: Mapping[str, Any]
    seed: int
    metrics: tuple[str, ...]
    bounds: Mapping[str, float]
    resume_epoch: int
    weights: str | None
    finalist: bool

    @staticmethod
    def of(dispatch: Mapping[str, Any]) -> Dispatch:
        """From the plain dict."""
        return Dispatch(
            trial_id=dispatch["trial_id"],
            purpose=dispatch["purpose"],
            candidate=dispatch["candidate"],
            seed=dispatch["seed"],
            metrics=tuple(dispatch["metrics"]),
            bounds=dispatch.get("bounds") or {},
            resume_epoch=dispatch.get("resume_epoch", 0),
            weights=dispatch.get("weights"),
            finalist=dispatch.get("finalist", False),
        )


@dataclass(frozen=True)
class Orders:
    """What all trials of a sweep share.

    Attributes:
        task: what to learn (see `data.py`).
        family: of the networks.
        fixed: hyper-parameters that are not searched.
        epochs: to train.
        batch_size: of training, unless the candidate has its own.
        device: that is measured: `cpu`, `cuda` or `simulated:<name>`.
        threads: on a CPU.
        probe_batch_size: images in an inference batch.
        power_correction: file by which a GPU's power is corrected; None for none.
        window: of a measurement.
        checkpoints: folder.
        selected_by: reported metric whose best epoch is kept, in its own direction.
        run: name of the sweep, for those who wait for its probes.
        locks: folder of the run in which its nodes find each other's; None for no run.
        wait_s: for one and the same holder of the device.
    """

    task: Mapping[str, Any]
    family: str
    fixed: Mapping[str, Any]
    epochs: int
    batch_size: int
    device: str
    threads: int
    probe_batch_size: int
    power_correction: Path | None
    window: Window
    checkpoints: Path
    selected_by: str
    run: str
    locks: Path | None
    wait_s: float

    @staticmethod
    def of(workload: Mapping[str, Any]) -> Orders:
        """From the plain dict."""
        probe = dict(workload.get("probe", {}))
        correction = probe.pop("power_correction", None)
        return Orders(
            task=workload["task"],
            family=workload["network"]["name"],
            fixed=workload["network"].get("fixed", {}),
            epochs=workload["epochs"],
            batch_size=workload["batch_size"],
            device=workload.get("device", "cpu"),
            threads=workload.get("threads", 1),
            probe_batch_size=probe.pop("batch_size", 1),
            power_correction=Path(correction) if correction else None,
            window=Window(**probe),
            checkpoints=Path(workload["checkpoints"]),
            selected_by=workload.get("selected_by", "error"),
            run=workload.get("run", "a run"),
            locks=Path(workload["locks"]) if "locks" in workload else None,
            wait_s=workload.get("silence_limit_s", 2 * LIMIT_S) / 2,
        )

    @property
    def torch_device(self) -> str:
        """Where the work runs; that of a simulated device runs on the CPU."""
        return "cuda" if self.device == "cuda" else "cpu"

    def config(self, candidate: Mapping[str, Any]) -> dict[str, Any]:
        """All hyper-parameters of a candidate."""
        return {**self.fixed, **candidate}
