"""What a careful strategy promises about broken budgets, and what it spends on keeping it."""

from __future__ import annotations

from dataclasses import dataclass, field

from .margin import MarginRule

# Of the trainings. At half, a gate that is too tight is noticed half as often; at double, a tenth
# more of the probes' time goes to candidates that are not trained at once.
PROBE_SHARE = 0.1
# In spreads. Farther beyond the gate hardly any candidate is inside; nearer, few are found.
REACH = 2.0


@dataclass(frozen=True)
class Promise:
    """At most a share alpha of the attempts break the budget, in the long run.

    Attributes:
        rule: of the margins that keep it.
        probe_share: candidates beyond the gate that are measured untrained, as a share of the
            trainings; they are attempts too.
        reach: how far beyond the gate these may lie, in spreads.
    """

    rule: MarginRule = field(default_factory=MarginRule)
    probe_share: float = PROBE_SHARE
    reach: float = REACH

    def probes_due(self, trained: int, probed: int) -> bool:
        """Whether it is time to measure a candidate beyond the gate.

        >>> [Promise(probe_share=0.1).probes_due(n, 0) for n in (9, 10)]
        [False, True]
        """
        return probed + 1 <= self.probe_share * trained
