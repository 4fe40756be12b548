"""The role that turns candidates into what cost models see, on two levels.

For pools of thousands a quick encoding, vectorised; for the few that are measured or about to be
dispatched an exact one. Both have the same columns. Where nothing but hyper-parameters is known,
the two are one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from .domains import Array
from .features import feature_names, structural_features
from .repeated_choices import count_names, counts
from .space import Space


class Encoding(Protocol):
    """From units of candidates to features."""

    @property
    def names(self) -> tuple[str, ...]:
        """Of the columns."""
        ...

    def quick(self, units: Array) -> Array:
        """Features of a whole pool, perhaps estimated.

        Args:
            units: `(n, d)` snapped, NaN where inactive.

        Returns:
            `(n, D)`.
        """
        ...

    def exact(self, units: Array) -> Array:
        """Features of the candidates themselves, `(n, D)`; slower."""
        ...

    def pairs(self) -> tuple[Array, Array] | None:
        """Estimated and exact features of the same candidates, both `(m, D)`.

        The estimates are made without these candidates. None where there is nothing to estimate.
        """
        ...


@dataclass(frozen=True, eq=False)
class StructuralEncoding:
    """HyperPower's `z`: the parameters that shape the network, in their own units.

    Attributes:
        space: of the candidates.
        structural: names of these parameters.
        counted: whether choices that are made several times are counted too; HyperPower does not.
    """

    space: Space
    structural: frozenset[str]
    counted: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """See `Encoding`."""
        counted = count_names(self.space, self.structural) if self.counted else ()
        return (*feature_names(self.space, self.structural), *counted)

    def quick(self, units: Array) -> Array:
        """See `Encoding`."""
        features = structural_features(self.space, units, self.structural)
        if not self.counted:
            return features
        return np.hstack([features, counts(self.space, units, self.structural)])

    def exact(self, units: Array) -> Array:
        """The same."""
        return self.quick(units)

    def pairs(self) -> None:
        """Nothing is estimated."""
        return None
