"""The latency predictor of once-for-all networks: a multilayer perceptron, and its fine-tuning.

128-400-400-400-1 with ReLU on a one-hot encoding, trained by SGD with momentum on the root of the
mean squared error [Syed2021]. On another device all layers are kept but the last, which is trained
anew. Reproduced to compare with: a ridge regression on the same rows does as well, and a model
that knows the work of a block does better (benchmarks/predictors/ofa.md).

Two things are ours. Features and logarithms of costs are standardised: on raw numbers of mixed size
(cores, GB/s) the published recipe does not learn, and its fine-tuning diverges. And the spread is
that of the last tenth of a random order of the rows, which is held out of the training.

References:
    [Syed2021] R. Syed, A. Srinivasan. Generalized Latency Performance Estimation for Once-For-All
        Neural Architecture Search. arXiv 2101.00732.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from .domains import Array
from .predictor import Prediction
from .row_checks import check_features, check_rows
from .seen_range import SeenRange

if TYPE_CHECKING:
    from torch import nn

WIDTHS = (400, 400, 400)  # [Syed2021]
BATCH = 32  # [Syed2021]
HELD_OUT = 0.1
LEAST_ROWS = 20
LOSS_FLOOR = 1e-6  # [Syed2021], under the root


@dataclass(frozen=True)
class Training:
    """How a network is trained; [Syed2021] searched a grid with these in it.

    Attributes:
        epochs: passes over the rows; 100 published.
        learning_rate: of SGD, on standardised targets.
        weight_decay: of SGD.
        momentum: of SGD.
        seed: of the first weights and the order of rows.
    """

    epochs: int = 50
    learning_rate: float = 1e-2
    weight_decay: float = 1e-4
    momentum: float = 0.9
    seed: int = 0


@dataclass(frozen=True, eq=False)
class LatencyNetwork:
    """A fitted network; weights are plain arrays, so that predicting needs no torch.

    Attributes:
        layers: weights `(out, in)` and biases `(out,)`, the last with one output.
        centre: `(d,)`, of the features.
        scale: `(d,)`, of the features.
        level: mean logarithm of the costs.
        spread: of the logarithms of the costs.
        relative_std: spread of the error, as a share of the cost.
        seen: range of the features.
        rows: how many measurements were used.
    """

    layers: tuple[tuple[Array, Array], ...]
    centre: Array
    scale: Array
    level: float
    spread: float
    relative_std: float
    seen: SeenRange
    rows: int

    def predict(self, features: Array) -> Prediction:
        """The spread is relative."""
        check_features(features, len(self.centre))
        weight, bias = self.layers[-1]
        logs = self._before_last(features) @ weight[0] + bias[0]
        mean = np.exp(self.level + self.spread * logs)
        std = mean * self.relative_std * self.seen.widening(features)
        return Prediction(mean, std, self.seen.outside(features))

    def describe(self) -> str:
        """Widths and rows."""
        widths = "-".join(str(len(bias)) for _, bias in self.layers)
        return f"network {len(self.centre)}-{widths}, {self.rows} measurements"

    def fine_tuned(self, features: Array, costs: Array, training: Training) -> LatencyNetwork:
        """The same network for another device: a new last layer, trained alone [Syed2021].

        Args:
            features: `(n, d)`, encoded as those of the fit.
            costs: `(n,)`, measured on the other device.
            training: of the last layer.
        """
        check_rows(features, costs, least=LEAST_ROWS, logs=True)
        check_features(features, len(self.centre))
        level, spread = _standard(costs)
        start = replace(self, level=level, spread=spread, rows=len(costs))
        inside = start._before_last(features)
        layers, error = _train(inside, (np.log(costs) - level) / spread, (), training)
        return replace(start, layers=(*self.layers[:-1], *layers), relative_std=error * spread)

    def _before_last(self, features: Array) -> Array:
        hidden = (features - self.centre) / self.scale
        for weight, bias in self.layers[:-1]:
            hidden = np.maximum(hidden @ weight.T + bias, 0.0)
        return hidden


@dataclass(frozen=True)
class LatencyNetworkRecipe:
    """Fits `LatencyNetwork`s.

    Attributes:
        epochs: see `Training`.
        seed: see `Training`.
        name: in stored predictors.
        version: of the fit.
    """

    epochs: int = Training.epochs
    seed: int = Training.seed
    name: str = "latency-network"
    version: int = 1

    def fit(self, features: Array, costs: Array) -> LatencyNetwork:
        """Train on nine tenths of the rows; the spread comes from the last.

        Raises:
            ValueError: if there are fewer than 20 rows, or a cost is not positive.
        """
        check_rows(features, costs, least=LEAST_ROWS, logs=True)
        centre, scale = features.mean(axis=0), features.std(axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        level, spread = _standard(costs)
        layers, error = _train(
            (features - centre) / scale,
            (np.log(costs) - level) / spread,
            WIDTHS,
            Training(epochs=self.epochs, seed=self.seed),
        )
        return LatencyNetwork(
            layers=layers,
            centre=centre,
            scale=scale,
            level=level,
            spread=spread,
            relative_std=error * spread,
            seen=SeenRange.of(features),
            rows=len(costs),
        )


def _standard(costs: Array) -> tuple[float, float]:
    logs = np.log(costs)
    return float(logs.mean()), max(float(logs.std()), 1e-9)


def _train(
    columns: Array, targets: Array, widths: tuple[int, ...], training: Training
) -> tuple[tuple[tuple[Array, Array], ...], float]:
    """Layers, and the root mean squared error of the rows held out.

    Args:
        columns: `(n, d)`, standardised.
        targets: `(n,)`, standardised.
        widths: of hidden layers.
        training: how.
    """
    import torch

    generator = torch.Generator().manual_seed(training.seed)
    order = torch.randperm(len(targets), generator=generator)
    held = max(int(HELD_OUT * len(targets)), 2)
    x = torch.as_tensor(columns, dtype=torch.float32)
    y = torch.as_tensor(targets, dtype=torch.float32)[:, None]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(training.seed)
        network = _perceptron((columns.shape[1], *widths, 1))
    optimiser = torch.optim.SGD(
        network.parameters(),
        lr=training.learning_rate,
        momentum=training.momentum,
        weight_decay=training.weight_decay,
    )
    rest = order[held:]
    for _ in range(training.epochs):
        mixed = rest[torch.randperm(len(rest), generator=generator)]
        for batch in torch.split(mixed, BATCH):
            optimiser.zero_grad()
            loss = ((network(x[batch]) - y[batch]).square().mean() + LOSS_FLOOR).sqrt()
            loss.backward()
            optimiser.step()
    with torch.no_grad():
        error = (network(x[order[:held]]) - y[order[:held]]).square().mean().sqrt()
    return _as_arrays(network), float(error)


def _perceptron(widths: tuple[int, ...]) -> nn.Sequential:
    from torch import nn

    parts: list[nn.Module] = []
    for inputs, outputs in pairwise(widths):
        parts += [nn.Linear(inputs, outputs), nn.ReLU()]
    return nn.Sequential(*parts[:-1])


def _as_arrays(network: nn.Sequential) -> tuple[tuple[Array, Array], ...]:
    linear = [part.state_dict() for part in network if part.state_dict()]
    return tuple(
        (part["weight"].numpy().astype(np.float64), part["bias"].numpy().astype(np.float64))
        for part in linear
    )
