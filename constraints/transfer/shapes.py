"""The shapes in which costs vary over candidates, taken from devices that were measured well.

Each source gets a model of its own. The logarithms of their predictions, less their means, span
all that is known of how a cost may vary; the main directions of that span are the shapes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ..cross_validation import mean_fit
from ..domains import Array
from ..predictor import Recipe
from ..seen_range import SeenRange

FLOOR = 0.5  # of the least cost seen: a linear source model must not predict less than nothing


@dataclass(frozen=True, eq=False)
class DeviceRows:
    """What was measured on one device.

    Attributes:
        features: `(n, d)`, of candidates.
        costs: `(n,)`, positive, in one unit on all devices.
    """

    features: Array
    costs: Array


@dataclass(frozen=True, eq=False)
class Shapes:
    """How costs may vary over candidates, as seen on the sources.

    Attributes:
        bases: a model of each of k sources, from features to costs.
        least: `(k,)`, what each base is believed to predict at least.
        centre: `(k,)`, mean logarithm of each base.
        directions: `(k, r)`, from centred logarithms to r numbers of spread 1, the widest first.
        seen: range of the sources' features.
    """

    bases: Sequence[Callable[[Array], Array]]
    least: Array
    centre: Array
    directions: Array
    seen: SeenRange

    def __call__(self, features: Array) -> Array:
        """A constant and r shapes of candidates `(n, d)`, as `(n, 1 + r)`."""
        logs = _logs(self.bases, self.least, features) - self.centre
        return np.column_stack([np.ones(len(features)), logs @ self.directions])


def learn_shapes(sources: Sequence[DeviceRows], base: Recipe, directions: int) -> Shapes:
    """Model each source and keep the widest directions among their logarithms.

    Args:
        sources: at least two.
        base: models one source.
        directions: to keep at most.
    """
    fit = mean_fit(base)
    bases = [fit(source.features, source.costs) for source in sources]
    least = np.array([FLOOR * source.costs.min() for source in sources])
    every = np.unique(np.vstack([source.features for source in sources]), axis=0)
    logs = _logs(bases, least, every)
    centre = logs.mean(axis=0)
    _, widths, across = np.linalg.svd(logs - centre, full_matrices=False)
    kept = min(directions, int((widths > 1e-6 * widths[0]).sum()))
    scaled = across[:kept].T / widths[:kept] * np.sqrt(len(every))
    return Shapes(bases, least, centre, scaled, SeenRange.of(every))


def _logs(bases: Sequence[Callable[[Array], Array]], least: Array, features: Array) -> Array:
    costs = np.column_stack([base(features) for base in bases])
    return np.asarray(np.log(np.maximum(costs, least)))
