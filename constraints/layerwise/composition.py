"""From the cost of each layer to the cost of a network [Cai2017].

    T = sum T_l        P = sum P_l T_l / sum T_l        E = sum P_l T_l

Layers are taken to run one after another. How far the errors of layers go together is not known
from layers measured alone; `correlation` says what is assumed: at 1 the spreads add up, which no
network exceeds; at 0 they average out.

References:
    [Cai2017] see columns.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from ..domains import Array

SHARED_ERRORS = 1.0  # the safe end; at 0.5 the spread of 20 equal layers falls by 28 %


@dataclass(frozen=True)
class LayerCost:
    """What one layer costs.

    Attributes:
        name: of the layer, as in the network.
        kind: of the layer.
        latency_s: of one pass of the batch.
        power_w: mean while it runs.
        latency_std_s: spread of the error of `latency_s`.
        power_std_w: spread of the error of `power_w`.
        extrapolated: whether the layer lies outside the range that was measured.
    """

    name: str
    kind: str
    latency_s: float
    power_w: float
    latency_std_s: float = 0.0
    power_std_w: float = 0.0
    extrapolated: bool = False

    def __post_init__(self) -> None:
        for name in ("latency_s", "power_w", "latency_std_s", "power_std_w"):
            value = getattr(self, name)
            if not (isfinite(value) and value >= 0):
                raise ValueError(
                    f"`{name}` of layer {self.name!r} must be finite and not negative, got {value}"
                )

    @property
    def energy_j(self) -> float:
        """Of one pass of the batch."""
        return self.power_w * self.latency_s


@dataclass(frozen=True)
class NetworkCost:
    """What a network costs, and where.

    Attributes:
        layers: in the order of the network.
        latency_s: of one pass of the batch.
        power_w: mean over the pass.
        energy_j: of one pass of the batch.
        latency_std_s: spread of the error of `latency_s`.
        power_std_w: spread of the error of `power_w`.
        energy_std_j: spread of the error of `energy_j`.
        not_covered: names and kinds of layers without a model; their cost is not in the sums.
    """

    layers: tuple[LayerCost, ...]
    latency_s: float
    power_w: float
    energy_j: float
    latency_std_s: float
    power_std_w: float
    energy_std_j: float
    not_covered: tuple[tuple[str, str], ...] = ()

    @property
    def extrapolated(self) -> bool:
        """Whether any layer lies outside the range that was measured."""
        return any(layer.extrapolated for layer in self.layers)

    def shares(self) -> Array:
        """Share of each layer in the latency, `(layers,)`, adding up to 1."""
        latency = np.array([layer.latency_s for layer in self.layers])
        return np.asarray(latency / self.latency_s)

    def bottleneck(self) -> LayerCost:
        """The layer that takes the longest."""
        return max(self.layers, key=lambda layer: layer.latency_s)


def compose(
    layers: Sequence[LayerCost],
    *,
    not_covered: Sequence[tuple[str, str]] = (),
    correlation: float = SHARED_ERRORS,
) -> NetworkCost:
    """Add up layers to a network.

    Args:
        layers: at least one, together longer than zero seconds.
        not_covered: names and kinds of layers that have no model.
        correlation: of the errors of two layers, between 0 and 1.

    Raises:
        ValueError: if there is nothing to add up, or `correlation` is outside its range.
    """
    if not 0 <= correlation <= 1:
        raise ValueError(f"`correlation` must be between 0 and 1, got {correlation}")
    time = np.array([layer.latency_s for layer in layers])
    power = np.array([layer.power_w for layer in layers])
    total = float(time.sum())
    if not total > 0:
        raise ValueError("`layers` must take more than 0 s together; there is nothing to compose")
    time_std = np.array([layer.latency_std_s for layer in layers])
    power_std = np.array([layer.power_std_w for layer in layers])
    energy = float(power @ time)
    mean_power = float(np.clip(energy / total, power.min(), power.max()))  # exact but for rounding
    return NetworkCost(
        layers=tuple(layers),
        latency_s=total,
        power_w=mean_power,
        energy_j=energy,
        latency_std_s=_spread(time_std, correlation),
        power_std_w=_power_spread(time, time_std, power - mean_power, power_std, correlation),
        energy_std_j=np.hypot(_spread(power * time_std, correlation),
                              _spread(time * power_std, correlation)).item(),
        not_covered=tuple(not_covered),
    )  # fmt: skip


def _spread(terms: Array, correlation: float) -> float:
    """Standard deviation of a sum of errors `terms`, equally correlated; signs are kept."""
    apart, together = float(terms @ terms), float(terms.sum() ** 2)
    return float(np.sqrt((1 - correlation) * apart + correlation * together))


def _power_spread(
    time: Array, time_std: Array, excess_w: Array, power_std: Array, correlation: float
) -> float:
    """To first order dP = sum (T_l dP_l + (P_l - P) dT_l) / T."""
    from_power = _spread(time * power_std, correlation)
    from_time = _spread(excess_w * time_std, correlation)
    return float(np.hypot(from_power, from_time) / time.sum())
