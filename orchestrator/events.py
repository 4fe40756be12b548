"""What happens in a sweep, as values; the journal keeps them and the state is their fold.

    Proposed -> Dispatched [-> Queued] -> Probed -> Reported ... -> one end
                                                        Completed | Stopped | Infeasible | Failed
A dispatched trial that the driver lost becomes `Interrupted` and waits to be dispatched again.
`Rejected` is a candidate that the strategy wanted and the gate refused; `Ended` closes the sweep.
What a worker tells carries `spent_j`, the energy of its whole device since the message before.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..constraints.candidate import Candidate
from ..constraints.gate import Verdict
from ..constraints.measurement import Measurement

Purpose = Literal["profile", "probe", "train", "confirm"]


@dataclass(frozen=True)
class Proposed:
    """A candidate was chosen for a trial.

    Attributes:
        trial_id: of the new trial.
        candidate: what to build.
        purpose: `profile` measures only; `probe` measures only, a candidate that the gate had
            refused or was unsure of; `train` measures and trains, or only trains what a probe found
            inside; `confirm` measures a trained one again.
        seed: of everything random in the trial.
        after_event: number of the event after which the suggestion was computed.
        verdict: the gate's, at that time.
        subject: for `confirm`, the trial that is measured again.
        note: why it is a cheaper choice than the strategy's own; empty if it is its own.
        measured_by: for `train`, the probe that found the candidate inside; it has no other.
    """

    trial_id: str
    candidate: Candidate
    purpose: Purpose
    seed: int
    after_event: int
    verdict: Verdict
    subject: str | None = None
    note: str = ""
    measured_by: str | None = None


@dataclass(frozen=True)
class Rejected:
    """The strategy's own choice was refused by the gate: a training that was not paid for.

    Attributes:
        candidate: what the same strategy would have dispatched without a gate.
        verdict: predicted costs and the metrics that broke their bounds.
        bounds: by metric, in the metric's unit.
        refused: how many of the pool the gate refused, this one included.
        pool: how many candidates were screened.
        trial_id: of the trial proposed in its stead.
        withdrawn: it is that trial's own candidate, refused by the gate of a later moment.
        samples: how many refused candidates were looked at before the one that was taken: all
            that were drawn in vain by a random search, one by a strategy that ranks a pool.
    """

    candidate: Candidate
    verdict: Verdict
    bounds: Mapping[str, float]
    refused: int
    pool: int
    trial_id: str
    withdrawn: bool = False
    samples: int = 1


@dataclass(frozen=True)
class Dispatched:
    """A trial was handed to a worker."""

    trial_id: str


@dataclass(frozen=True)
class Queued:
    """The trial waits for its device, which another holds; `behind` names him."""

    trial_id: str
    behind: str


@dataclass(frozen=True)
class Probed:
    """The untrained network was built and measured.

    Attributes:
        trial_id: of the trial.
        measurements: one a metric.
        broken: metrics measured over their bound.
        borderline: whether a value lay so near its bound that it was measured twice.
        parameters: trainable parameters of the network.
        duration_s: building and measuring, without waiting for the device.
        spent_j: energy of the whole device meanwhile; None if it cannot be read.
        place: the device and its machine; empty where there is none, or it was not told.
    """

    trial_id: str
    measurements: tuple[Measurement, ...]
    broken: tuple[str, ...]
    borderline: bool
    parameters: int
    duration_s: float
    spent_j: float | None = None
    place: str = ""


@dataclass(frozen=True)
class Reported:
    """An epoch of training ended.

    Attributes:
        trial_id: of the trial.
        epoch: from 1.
        metrics: finite values by metric, on the validation split.
        checkpoint: where the weights are, below the run's checkpoint folder.
        duration_s: of the epoch.
        spent_j: energy of the whole device since the message before; None if it cannot be read.
    """

    trial_id: str
    epoch: int
    metrics: Mapping[str, float]
    checkpoint: str
    duration_s: float
    spent_j: float | None = None


@dataclass(frozen=True)
class Completed:
    """The trial did all it was asked; `metrics` holds what only its end knows."""

    trial_id: str
    metrics: Mapping[str, float] = field(default_factory=dict)
    spent_j: float | None = None


@dataclass(frozen=True)
class Stopped:
    """Training was ended early: `diverged`, `chance level`, `halving`, `scheduler`
    (one of Ray Tune's) or `time limit`."""

    trial_id: str
    reason: str
    message: str = ""
    spent_j: float | None = None


@dataclass(frozen=True)
class Infeasible:
    """The measured cost broke the budget, or memory ran out; nothing was trained for it."""

    trial_id: str
    reason: str
    metrics: tuple[str, ...]
    message: str = ""
    spent_j: float | None = None


@dataclass(frozen=True)
class Failed:
    """The trial raised, hung or was killed; `reason` is the type, `traceback` the details."""

    trial_id: str
    reason: str
    message: str
    traceback: str = ""
    spent_j: float | None = None


@dataclass(frozen=True)
class Interrupted:
    """The driver lost the trial while it ran; it will be dispatched again."""

    trial_id: str


@dataclass(frozen=True)
class Ended:
    """The sweep is over: `trials`, `time`, `exhausted` or `nothing feasible`."""

    reason: str
    message: str


End = Completed | Stopped | Infeasible | Failed
Event = (
    Proposed | Rejected | Dispatched | Queued | Probed | Reported | Completed | Stopped | Infeasible
    | Failed | Interrupted | Ended
)  # fmt: skip
