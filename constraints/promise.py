"""What a careful strategy promises about broken budgets, and what it spends on knowing better."""

from __future__ import annotations

from dataclasses import dataclass, field

from .margin import MarginRule

# Measuring costs little beside training. At none, a search behind a gate that learns slowly stays
# among candidates far inside the budget; at half, it gets to its border later.
PROBE_SHARE = 0.5
# Measurements in a row, without one to be trained; then the budget counts as out of reach.
IN_VAIN = 20


@dataclass(frozen=True)
class Promise:
    """At most a share alpha of what is dispatched to be trained breaks the budget, in the long run.

    Attributes:
        rule: of the margins that keep it.
        probe_share: candidates that the gate refused and the strategy wants all the same may be
            measured, untrained, up to this share of what is dispatched.
        in_vain: the most of these in a row, while there is nothing to train.
    """

    rule: MarginRule = field(default_factory=MarginRule)
    probe_share: float = PROBE_SHARE
    in_vain: int = IN_VAIN

    def may_probe(self, trained: int, probed: int) -> bool:
        """Whether one more candidate may be measured beyond the gate.

        >>> [Promise().may_probe(trained, 3) for trained in (3, 4)]
        [False, True]
        """
        return probed + 1 <= self.probe_share * (trained + probed + 1)
