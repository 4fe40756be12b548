"""What a fleet of devices teaches of one that is not in it, and the model of that one.

    log cost of device d = f(x) . (b + u_d) + e ,   u_d ~ N(0, S) ,   e ~ N(0, s_d^2)

b and S come from the sources by empirical Bayes (mixed_effects.py), s_d from the rows of the device
itself, starting from what is typical of the sources.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..domains import Array
from ..mixed_effects import Group, Posterior, Prior, Variances, fit_variances, reduce_rows, solve
from ..predictor import Prediction, Recipe
from ..row_checks import check_features, check_rows
from .shapes import DeviceRows, Shapes, learn_shapes

# Of the logarithm of a device's level, beyond what the sources show: 1.6 times as fast is no
# surprise. Mean MAPE of ten rows on recorded GPUs:
# 4.97 % at half, 5.00 % here.
LEVEL_SPREAD = 0.5
NOISES = np.geomspace(2e-3, 0.5, 24)  # relative, of one measurement
NOISE_SPREAD = 1.0  # of the logarithm of a new device's noise about that of the sources
WEAK = 1e-6  # precision of the shared coefficients before any data


@dataclass(frozen=True, eq=False)
class Fleet:
    """What the sources teach of a device that is not among them.

    Attributes:
        shapes: of costs over candidates.
        prior: of the mean device's coefficients.
        spread: covariance of a device about the mean device.
        typical_noise: of one measurement, relative.
        rows: how many measurements of how many sources.
    """

    shapes: Shapes
    prior: Prior
    spread: Array
    typical_noise: float
    rows: tuple[int, int]

    def adapt(self, features: Array, costs: Array) -> AdaptedModel:
        """Fit a device to its few rows.

        Args:
            features: `(n, d)`, of candidates; n may be 0.
            costs: `(n,)`, positive.
        """
        if len(costs):
            check_rows(features, costs, least=1, logs=True)
        rows, logs = self.shapes(features), np.log(costs)
        reduced = reduce_rows([Group(rows, rows, logs)])
        fits = [solve(reduced, self.prior, Variances(self.spread, s**2)) for s in NOISES]
        doubts = (np.log(NOISES / self.typical_noise) / NOISE_SPREAD) ** 2 / 2
        best = int(np.argmax([fit.log_evidence for fit in fits] - doubts))
        return AdaptedModel(self.shapes, fits[best], float(NOISES[best]), len(costs), self.rows)

    def telling_rows(self, features: Array, count: int) -> NDArray[np.intp]:
        """Which candidates to measure on a new device: those that tell most of all the others.

        One after the other, the one that lowers the mean variance over the candidates the most.

        Args:
            features: `(n, d)`, of candidates that may be measured; a few hundred will do, as the
                cost grows with the square of n.
            count: at most n.

        Returns:
            `(count,)`, numbers of rows.

        Raises:
            ValueError: if there are fewer than `count` candidates.
        """
        if not 0 < count <= len(features):
            raise ValueError(f"`count` must be 1 to {len(features)}, got {count}")
        rows, covariance = self.shapes(features), self.spread.copy()
        chosen: list[int] = []
        for _ in range(count):
            joint = rows @ covariance @ rows.T
            variance = np.diag(joint) + self.typical_noise**2
            gain = (joint**2).mean(axis=0) / variance
            gain[chosen] = -1.0
            best = int(np.argmax(gain))
            chosen.append(best)
            effect = covariance @ rows[best]
            covariance = covariance - np.outer(effect, effect) / variance[best]
        return np.array(chosen)


@dataclass(frozen=True, eq=False)
class AdaptedModel:
    """A cost model of one device, from its own rows and those of the sources.

    Attributes:
        shapes: of costs over candidates.
        posterior: of the coefficients, one group.
        noise: of one measurement, relative.
        rows: how many of this device.
        fleet: how many measurements of how many sources.
    """

    shapes: Shapes
    posterior: Posterior
    noise: float
    rows: int
    fleet: tuple[int, int]

    def predict(self, features: Array) -> Prediction:
        """The median cost; its spread holds what is not known of the device and the noise."""
        check_features(features, len(self.shapes.seen.low))
        rows = self.shapes(features)
        logs, variance = self.posterior.predict(0, rows, rows)
        mean = np.exp(logs)
        relative = np.sqrt(np.expm1(np.minimum(variance + self.noise**2, 50.0)))
        widening = self.shapes.seen.widening(features)
        return Prediction(mean, mean * relative * widening, self.shapes.seen.outside(features))

    def describe(self) -> str:
        """Rows, sources and noise."""
        rows, sources = self.fleet
        return (
            f"adapted to {self.rows} measurements from {sources} devices with {rows}, "
            f"noise {100 * self.noise:.1f} %"
        )


def learn_fleet(
    sources: Sequence[DeviceRows], base: Recipe, *, directions: int | None = None
) -> Fleet:
    """Learn from devices that were measured well.

    Args:
        sources: at least two.
        base: models each source; where it is linear and ill suited, all that follows is.
        directions: in which devices differ; all that k sources can show, k - 1 and their mean, if
            None.

    Raises:
        ValueError: if there are fewer than two sources, or rows cannot be used.
    """
    if len(sources) < 2:
        raise ValueError(
            f"at least 2 source devices with many rows are needed to learn how devices "
            f"differ, got {len(sources)}; measure another, or fit this device alone"
        )
    for source in sources:
        check_rows(source.features, source.costs, least=3, logs=True)
    shapes = learn_shapes(sources, base, directions or len(sources))
    rows = [shapes(source.features) for source in sources]
    logs = [np.log(source.costs) for source in sources]
    # In-sample and so a little small; it only weighs the sources against each other.
    noises = [_noise(x, y) for x, y in zip(rows, logs, strict=True)]
    reduced = reduce_rows(
        [Group(x / s, x / s, y / s) for x, y, s in zip(rows, logs, noises, strict=True)]
    )
    width = rows[0].shape[1]
    weak = Prior(np.zeros(width), WEAK * np.eye(width))
    variances, posterior = fit_variances(reduced, weak, Variances(np.eye(width), 1.0))
    level = np.zeros((width, width))
    level[0, 0] = LEVEL_SPREAD**2
    precision = np.linalg.inv(posterior.shared_covariance)
    return Fleet(
        shapes=shapes,
        prior=Prior(posterior.shared_mean, (precision + precision.T) / 2),
        spread=variances.own + level,
        typical_noise=float(np.median(noises)),
        rows=(sum(len(y) for y in logs), len(sources)),
    )


def _noise(rows: Array, logs: Array) -> float:
    """Spread of what the shapes leave of one source, at least the least of `NOISES`."""
    rest = logs - rows @ np.linalg.lstsq(rows, logs, rcond=None)[0]
    return max(float(rest.std()), float(NOISES[0]))
