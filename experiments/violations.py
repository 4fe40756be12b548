"""How often dispatched trainings broke the budget, and what so many of them can say.

An attempt is a training that was dispatched on a prediction, or on none, and whose costs became
known. The interval is the exact binomial one of [ClopperPearson1934]. The attempts of one search
depend on each other, so it is a guide rather than a proof.

References:
    [ClopperPearson1934] The use of confidence or fiducial limits. Biometrika 26.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scipy.stats import beta

from ..orchestrator.plan import Plan
from ..orchestrator.promise_kept import promise_kept
from ..orchestrator.state import State, Trial
from .bootstrap import CONFIDENCE


@dataclass(frozen=True)
class Violations:
    """Attempts of one run, or of several.

    Attributes:
        attempts: whose costs are known.
        broken: of these, over a bound as measured, or out of memory.
        alpha: the share that is promised in the long run; None for a strategy without a promise.
        bound: the greatest share that so many attempts can have had; None without a promise.
    """

    attempts: int
    broken: int
    alpha: float | None = None
    bound: float | None = None

    @property
    def rate(self) -> float | None:
        """Share of the attempts; None without any."""
        return self.broken / self.attempts if self.attempts else None

    @property
    def interval(self) -> tuple[float, float]:
        """Of the rate, at 95 %; all that is possible without an attempt."""
        return clopper_pearson(self.broken, self.attempts)


def violations_of(plan: Plan, state: State) -> Violations | None:
    """Those of a run; None without a budget."""
    if not plan.predicted:
        return None
    kept = promise_kept(plan, state)
    if kept is not None:
        return Violations(kept.attempts, kept.broken, kept.alpha, kept.bound)
    tried = [state.trials[trial_id] for trial_id in state.attempts]
    return Violations(len(tried), sum(broke(plan, state, trial) for trial in tried))


def broke(plan: Plan, state: State, trial: Trial) -> bool:
    """Whether an attempt broke the budget; a vanilla strategy's probe is not asked."""
    costs = trial.costs
    over = any(
        costs[c.metric].teaches() and not c.allows(costs[c.metric].value)
        for c in plan.predicted
        if c.metric in costs
    )
    return over or bool(state.attempts[trial.trial_id])


def pooled(runs: Sequence[Violations]) -> Violations:
    """All runs of one strategy together; their bounds are weighed by their attempts.

    >>> pooled([Violations(10, 1, 0.05, 0.4), Violations(30, 1, 0.05, 0.2)])
    Violations(attempts=40, broken=2, alpha=0.05, bound=0.25)
    """
    attempts = sum(run.attempts for run in runs)
    most = [run.attempts * run.bound for run in runs if run.bound is not None]
    return Violations(
        attempts,
        sum(run.broken for run in runs),
        next((run.alpha for run in runs), None),
        sum(most) / attempts if most and attempts else None,
    )


def clopper_pearson(successes: int, trials: int) -> tuple[float, float]:
    """Exact binomial interval at 95 % [ClopperPearson1934]; (0, 1) of no trials.

    >>> [round(end, 4) for end in clopper_pearson(0, 10)]
    [0.0, 0.3085]
    """
    tail = (1 - CONFIDENCE) / 2
    low = beta.ppf(tail, successes, trials - successes + 1) if successes else 0.0
    high = beta.ppf(1 - tail, successes + 1, trials - successes) if successes < trials else 1.0
    return float(low), float(high)
