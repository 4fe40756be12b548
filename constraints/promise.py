"""What a careful strategy promises about broken budgets, and what it spends on knowing better."""

from __future__ import annotations

from dataclasses import dataclass, field

from .margin import MarginRule

# Of the seconds. Measuring costs little beside training. At none, a search behind a gate that
# learns slowly stays among candidates far inside the budget.
PROBE_SHARE = 0.25
# Measured beyond the gate for each that is trained, however cheap. At one, NAS-Bench-201's best
# cells on a Raspberry Pi are found after twice as many trainings; at double, in as many.
MOST_PROBES = 4
# Measurements in a row, without one to be trained; then the budget counts as out of reach.
IN_VAIN = 20


@dataclass(frozen=True)
class Promise:
    """At most a share alpha of what is dispatched to be trained breaks the budget, in the long run.

    Attributes:
        rule: of the margins that keep it.
        probe_share: candidates that the gate refused and the strategy wants all the same may be
            measured, untrained, for up to this share of the seconds. At 0, none is measured first,
            not even what the gate admits without being sure.
        in_vain: the most that are measured in a row without one being trained.
    """

    rule: MarginRule = field(default_factory=MarginRule)
    probe_share: float = PROBE_SHARE
    in_vain: int = IN_VAIN

    @property
    def sure_from(self) -> float:
        """The probability to fit from which a candidate need not be measured first."""
        return 1 - self.rule.alpha

    def may_probe(self, trained: int, probed: int, cost: float) -> bool:
        """Whether one more candidate may be measured beyond the gate.

        Args:
            trained: candidates that were dispatched to be trained.
            probed: those measured beyond the gate.
            cost: of a probe, in trainings.

        >>> [Promise().may_probe(3, probed, cost=0.2) for probed in (5, 6)]
        [True, False]
        """
        affordable = self.probe_share / (1 - self.probe_share) / cost
        return probed + 1 <= min(MOST_PROBES, affordable) * (trained + 1)
