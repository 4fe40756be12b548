"""What the trials of a run took of their devices, by what became of them: seconds and joules.

A trial has one device. Its seconds are those of its probe and epochs, as its worker told them; of
a trial that failed, or told nothing, the time from dispatch to end, as the device was held. The
joules are the whole device's; where they cannot be read they are unknown, not 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..orchestrator.events import Failed, Infeasible
from ..orchestrator.history import is_feasible
from ..orchestrator.plan import Plan
from ..orchestrator.state import State, Trial
from .summary import duration_s

FEASIBLE, WASTED, CAUGHT = "trained, inside the budget", "trained, over the budget", "over at probe"
TRAINED, STARVED = "trained", "out of memory"  # of a run without a budget
FAILED, MEASURED, AGAIN, OPEN = "failed", "measured, untrained", "measured again", "not ended"
OTHERWISE = (FAILED, MEASURED, AGAIN, OPEN)
USES = (FEASIBLE, WASTED, CAUGHT, *OTHERWISE)
USES_WITHOUT_BUDGET = (TRAINED, STARVED, *OTHERWISE)
VAIN = (WASTED, CAUGHT)  # spent on networks that break the budget


@dataclass(frozen=True)
class Use:
    """What some trials took.

    Attributes:
        trials: how many.
        device_s: seconds of their devices.
        known_j: energy of those whose device could be read.
        unread: trials of which the energy is not known.
    """

    trials: int = 0
    device_s: float = 0.0
    known_j: float = 0.0
    unread: int = 0

    def __add__(self, other: Use) -> Use:
        return Use(
            self.trials + other.trials,
            self.device_s + other.device_s,
            self.known_j + other.known_j,
            self.unread + other.unread,
        )

    @property
    def spent_j(self) -> float | None:
        """Their energy; None unless it is known of all of them."""
        return None if self.unread else self.known_j


def total(uses: Sequence[Use]) -> Use:
    """All together."""
    return sum(uses, Use())


def uses_of(plan: Plan, state: State) -> dict[str, Use]:
    """What a run took, by what became of its trials.

    Returns:
        Each of `USES`, or of those without a budget if it has none, also if no trial became that.
    """
    uses = dict.fromkeys(USES if plan.predicted else USES_WITHOUT_BUDGET, Use())
    for trial in state.trials.values():
        if trial.dispatched_s is not None:
            unread = trial.spent_j is None
            taken = Use(1, device_seconds(trial), trial.spent_j or 0.0, int(unread))
            became = _became(plan, trial)
            uses[became] = uses[became] + taken
    return uses


def device_seconds(trial: Trial) -> float:
    """Seconds that a trial held its device."""
    told_s = duration_s(trial)
    if trial.ended_s is None or trial.dispatched_s is None:
        return told_s
    if told_s and not isinstance(trial.end, Failed):
        return told_s
    return max(told_s, trial.ended_s - trial.dispatched_s)


def _became(plan: Plan, trial: Trial) -> str:
    if trial.end is None:
        return OPEN
    if isinstance(trial.end, Failed):
        return FAILED
    if trial.purpose != "train":
        return AGAIN if trial.purpose == "confirm" else MEASURED
    if isinstance(trial.end, Infeasible):
        return CAUGHT if plan.predicted else STARVED
    if not plan.predicted:
        return TRAINED
    return FEASIBLE if is_feasible(trial, plan.predicted) else WASTED
