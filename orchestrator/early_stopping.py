"""Whether a training goes on after an epoch: decided from the journalled reports alone.

Two rules. A network still at chance level after a few epochs has diverged in effect [Stamoulis2018
gives the idea, the rule is ours]. Asynchronous successive halving compares a trial at each rung
with those that reached it before [Li2020].

References:
    [Li2020] L. Li et al. A System for Massively Parallel Hyperparameter Tuning. MLSys 2020.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ..constraints.metrics import as_loss
from .state import State, Trial


class StoppingRule(Protocol):
    """One reason to end a training early."""

    @property
    def reason(self) -> str:
        """As journalled."""
        ...

    def stops(self, state: State, trial: Trial) -> bool:
        """Whether a trial whose last report is in the state should end."""
        ...


@dataclass(frozen=True)
class ChanceLevel:
    """Stops a training that is still near the error of guessing.

    Attributes:
        chance_error: of guessing, as a share.
        after_epochs: how many epochs a training gets.
        margin: share of the chance error by which it must be better.
    """

    chance_error: float
    after_epochs: int
    margin: float = 0.1
    reason: str = "chance level"

    def stops(self, state: State, trial: Trial) -> bool:
        """Whether no epoch so far was better than guessing by the margin."""
        if trial.reports[-1].epoch < self.after_epochs:
            return False
        best = trial.value("error")
        return best is not None and best > self.chance_error * (1 - self.margin)


@dataclass(frozen=True)
class SuccessiveHalving:
    """Stops a training that is not among the best 1/`reduction` of those at its rung.

    Attributes:
        metric: compared, in its own direction.
        first_epoch: of the first rung; the next are `reduction` times as far.
        reduction: the share that goes on is its inverse.
        last_epoch: of a full training, which is no rung.
    """

    metric: str
    first_epoch: int
    reduction: int
    last_epoch: int
    reason: str = "halving"

    def stops(self, state: State, trial: Trial) -> bool:
        """Compare with all that reached the rung so far; the first one goes on.

        Curves need not have a report at a rung: the first one from there on counts.
        """
        before = trial.reports[-2].epoch if len(trial.reports) > 1 else 0
        passed = [rung for rung in self.rungs() if before < rung <= trial.reports[-1].epoch]
        mine = self._at(trial, passed[-1]) if passed else None
        if mine is None:
            return False
        others = (self._at(other, passed[-1]) for other in state.of("train"))
        known = [loss for loss in others if loss is not None]
        return mine > float(np.quantile(known, 1 / self.reduction))

    def rungs(self) -> tuple[int, ...]:
        """Epochs at which trials are compared.

        >>> SuccessiveHalving("error", first_epoch=1, reduction=3, last_epoch=10).rungs()
        (1, 3, 9)
        """
        epochs = []
        epoch = self.first_epoch
        while epoch < self.last_epoch:
            epochs.append(epoch)
            epoch *= self.reduction
        return tuple(epochs)

    def _at(self, trial: Trial, rung: int) -> float | None:
        """The best loss when a trial reached a rung; None if it did not, or did not report it."""
        if not trial.reports or trial.reports[-1].epoch < rung:
            return None
        reached = next(r.epoch for r in trial.reports if r.epoch >= rung)
        until = [r.metrics for r in trial.reports if r.epoch <= reached]
        losses = (as_loss(self.metric, m[self.metric]) for m in until if self.metric in m)
        return min(losses, default=None)
