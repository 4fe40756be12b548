"""The network of HyperPower's released code for CIFAR-10.

    image -> [conv same -> ReLU -> conv valid -> ReLU -> max pool 2 -> dropout 0.25] x 2
          -> linear -> ReLU -> dropout 0.5 -> classes

Layers 1 and 3 keep the size of the image, layers 2 and 4 do not.

References:
    [HyperPowerCode2018] enyac-group/hyperpower, the released harness; re-implemented, not copied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...constraints.errors import NetworkError
from .family import Config, Family, Shape, whole

if TYPE_CHECKING:
    from torch import nn

LAYERS = 4
POOL = 2
DROPOUT_CONV, DROPOUT_FC = 0.25, 0.5  # [HyperPowerCode2018]
DEFAULT_FEATURES, DEFAULT_KERNEL, DEFAULT_UNITS = 32, 3, 512


def structural_names() -> frozenset[str]:
    """Every hyper-parameter that shapes such a network."""
    numbered = range(1, LAYERS + 1)
    layers = {name for i in numbered for name in (f"conv{i}_features", f"conv{i}_kernel")}
    return frozenset({"fc1_units"} | layers)


def plan(config: Config, input_shape: Shape) -> tuple[list[tuple[int, int, int]], int, int]:
    """Follow an image through the layers.

    Returns:
        `(channels in, features, kernel)` of each convolution, the values an image is left with
        after them, and the units of the linear layer.

    Raises:
        NetworkError: if a hyper-parameter is out of its range or the image becomes too small.
    """
    channels, height, width = input_shape
    convolutions = []
    for i in range(1, LAYERS + 1):
        features = whole(config, f"conv{i}_features", DEFAULT_FEATURES, low=1)
        kernel = whole(config, f"conv{i}_kernel", DEFAULT_KERNEL, low=1)
        if i % 2 == 0:
            height, width = ((side - kernel + 1) // POOL for side in (height, width))
        if min(height, width) < 1:
            raise NetworkError(
                f"`conv{i}_kernel` is {kernel}, and no pixel remains after it; lower it or one "
                "before it"
            )
        convolutions.append((channels, features, kernel))
        channels = features
    units = whole(config, "fc1_units", DEFAULT_UNITS, low=1)
    return convolutions, channels * height * width, units


def check(config: Config, input_shape: Shape, classes: int) -> None:
    """See `Family.check`."""
    plan(config, input_shape)


def build(config: Config, input_shape: Shape, classes: int) -> nn.Module:
    """See `Family.build`."""
    from torch import nn

    convolutions, flat, units = plan(config, input_shape)
    layers: list[nn.Module] = []
    for i, (channels, features, kernel) in enumerate(convolutions, start=1):
        if i % 2:  # spelled out, because torch warns of even kernels if asked for "same"
            before = (kernel - 1) // 2
            layers.append(nn.ZeroPad2d((before, kernel - 1 - before) * 2))
        layers += [nn.Conv2d(channels, features, kernel), nn.ReLU()]
        if i % 2 == 0:
            layers += [nn.MaxPool2d(POOL), nn.Dropout(DROPOUT_CONV)]
    head = [nn.Linear(flat, units), nn.ReLU(), nn.Dropout(DROPOUT_FC), nn.Linear(units, classes)]
    return nn.Sequential(*layers, nn.Flatten(), *head)


HYPERPOWER_CIFAR10 = Family("hyperpower-cifar10", structural_names, check, build)
