"""A safety margin that keeps a promise about broken budgets, whatever the predictor.

A candidate is admitted if its predicted cost, raised by `q` spreads of the prediction, is inside
the bound. The outcome of each attempt moves `q`, and nothing but its 0 or 1 does, so that a network
which ran out of memory counts although it gave no value:

    admitted   iff   mean * exp(q * spread) <= bound
    q  <-  q + step * (violated - alpha)             after each attempt

Summed over T attempts, mean(violated) = alpha + (q_T - q_0) / (step T): the rate tends to alpha as
long as `q` stays bounded. It does, because nothing is admitted while `q` is above the greatest
slack c = log(bound / mean) / spread of any candidate, so that

    mean(violated)  <=  alpha + (c + step (1 - alpha) (1 + n) - q_0) / (step T)

with at most n attempts under way at once; for any order of candidates and any predictor, refitted
or not. The lower end of `q` only helps. Attempts under way count with the probability that was
predicted, until their outcome is known.

References:
    [Gibbs2021] I. Gibbs, E. Candes. Adaptive Conformal Inference Under Distribution Shift. NeurIPS
        2021: the same update, there on coverage. Here it is on what was dispatched alone.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

ALPHA = 0.05

# In spreads, chosen on a simulation (errors of 5 to 25 % of the costs' spread, 200 attempts): alpha
# is nearly kept even if a predictor's spread is a third too small (4.8 to 6.2 %). At half the step
# that is up to 8 %; at double the margin swings and refuses more. The start is the 80 % quantile.
STEP = 0.3
START = 0.84
LOWEST = -1.0  # beyond one spread, an admitted candidate is more likely over than inside


@dataclass(frozen=True)
class MarginRule:
    """How margins follow outcomes.

    Attributes:
        alpha: share of attempts that may break the budget, over all constraints together.
        step: by how many spreads a violation raises a margin (times 1 - alpha).
        start: margin before the first attempt, in spreads.
        lowest: a margin never falls below it.
    """

    alpha: float = ALPHA
    step: float = STEP
    start: float = START
    lowest: float = LOWEST

    def after(self, margin: float, violated: float, share: float) -> float:
        """A margin after one more attempt.

        Args:
            margin: before, in spreads.
            violated: 0 or 1; for an attempt under way, the probability of 1.
            share: of alpha that the constraint has.
        """
        return max(self.lowest, margin + self.step * (violated - self.alpha * share))

    def bound(self, attempts: int, slack: float, *, share: float = 1.0, at_once: int = 0) -> float:
        """The greatest rate of violations of one constraint that its attempts can have had.

        Args:
            attempts: whose outcome is known.
            slack: greatest log(bound / mean) / spread of an admitted candidate.
            share: of alpha that the constraint has.
            at_once: attempts that were under way at once, besides the one that was told of.

        >>> round(MarginRule(alpha=0.05, step=0.3, start=1.0).bound(100, 10.0), 3)
        0.359
        """
        if not attempts:
            return 1.0
        alpha = self.alpha * share
        highest = slack + self.step * (1 - alpha) * (1 + at_once)
        return min(1.0, alpha + max(0.0, highest - self.start) / (self.step * attempts))


def margins_after(
    rule: MarginRule,
    metrics: Sequence[str],
    attempts: Sequence[Collection[str]],
    pending: Sequence[Mapping[str, float]] = (),
) -> dict[str, float]:
    """The margin of each constraint, in spreads.

    Each gets an equal share of alpha, so that violations of any kind together keep it.

    Args:
        rule: how they move.
        metrics: of the constraints.
        attempts: of each, the metrics that broke their bounds; in the order in which it became
            known.
        pending: of each attempt under way, the probability that a metric is over its bound. They
            only ever raise a margin: an outcome that is not known relaxes nothing.
    """
    share = 1.0 / max(1, len(metrics))
    margins = dict.fromkeys(metrics, rule.start)
    for attempt in attempts:
        for metric in metrics:
            violated = float(metric in attempt)
            margins[metric] = rule.after(margins[metric], violated, share)
    for probabilities in pending:
        for metric in metrics:
            violated = max(probabilities.get(metric, 0.0), rule.alpha * share)
            margins[metric] = rule.after(margins[metric], violated, share)
    return margins
