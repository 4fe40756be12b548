"""HyperPower's family of convolutional networks, with variable depth.

    image -> [conv -> ReLU -> max pool] x conv_layers -> [linear -> ReLU] x fc_layers -> classes

Pooling of 1 is none. Dropout stands before each fully-connected layer, the last one included.

References:
    [Stamoulis2018] D. Stamoulis, E. Cai, D.-C. Juan, D. Marculescu. HyperPower: Power- and
        Memory-Constrained Hyper-Parameter Optimization for Neural Networks. DATE 2018.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...constraints.errors import NetworkError
from .family import Config, Family, Shape, dropout_share, whole

if TYPE_CHECKING:
    from torch import nn

MAX_CONV_LAYERS = 5
MAX_FC_LAYERS = 3
DEFAULT_FEATURES = 16
DEFAULT_KERNEL = 3
DEFAULT_UNITS = 64


@dataclass(frozen=True)
class Convolution:
    """One convolutional layer: `channels` in, `features` out, kernels in pixels a side."""

    channels: int
    features: int
    kernel: int
    pool: int


@dataclass(frozen=True)
class Plan:
    """All that is needed to build a network.

    Attributes:
        convolutions: in order.
        flat: values an image is left with after them.
        units: of each fully-connected layer but the last.
        dropout: share silenced.
        same: whether convolutions keep the size of the image.
    """

    convolutions: tuple[Convolution, ...]
    flat: int
    units: tuple[int, ...]
    dropout: float
    same: bool


def structural_names() -> frozenset[str]:
    """Every hyper-parameter that shapes such a network."""
    convolutions = {
        name
        for i in range(1, MAX_CONV_LAYERS + 1)
        for name in (f"conv{i}_features", f"conv{i}_kernel", f"pool{i}_kernel")
    }
    units = {f"fc{i}_units" for i in range(1, MAX_FC_LAYERS + 1)}
    return frozenset({"conv_layers", "fc_layers", "dropout", "padding"} | convolutions | units)


def plan(config: Config, input_shape: Shape) -> Plan:
    """Follow an image through the layers.

    Args:
        config: hyper-parameters; others than ours are left alone.
        input_shape: channels, height, width.

    Raises:
        NetworkError: if a hyper-parameter is out of its range or the image becomes too small.
    """
    same = _padding(config) == "same"
    channels, height, width = input_shape
    convolutions = []
    for i in range(1, whole(config, "conv_layers", 2, low=1, high=MAX_CONV_LAYERS) + 1):
        layer = Convolution(
            channels,
            whole(config, f"conv{i}_features", DEFAULT_FEATURES, low=1),
            whole(config, f"conv{i}_kernel", DEFAULT_KERNEL, low=1),
            whole(config, f"pool{i}_kernel", 1, low=1, high=3),
        )
        height, width = _sides_after(layer, i, height, width, same)
        convolutions.append(layer)
        channels = layer.features
    depth = whole(config, "fc_layers", 1, low=0, high=MAX_FC_LAYERS)
    names = [f"fc{i}_units" for i in range(1, depth + 1)]
    units = tuple(whole(config, name, DEFAULT_UNITS, low=1) for name in names)
    flat = channels * height * width
    return Plan(tuple(convolutions), flat, units, dropout_share(config), same)


def check(config: Config, input_shape: Shape, classes: int) -> None:
    """See `Family.check`."""
    plan(config, input_shape)


def build(config: Config, input_shape: Shape, classes: int) -> nn.Module:
    """See `Family.build`."""
    from torch import nn

    planned = plan(config, input_shape)
    layers: list[nn.Module] = []
    for layer in planned.convolutions:
        layers += [*_convolution(layer, planned.same), nn.ReLU()]
        layers += [nn.MaxPool2d(layer.pool)] if layer.pool > 1 else []
    layers.append(nn.Flatten())
    width = planned.flat
    for units in (*planned.units, classes):
        layers += [nn.Dropout(planned.dropout)] if planned.dropout else []
        layers += [nn.Linear(width, units), nn.ReLU()]
        width = units
    return nn.Sequential(*layers[:-1])  # no ReLU after the last


def _padding(config: Config) -> str:
    value = config.get("padding", "same")
    if value not in ("same", "valid"):
        raise NetworkError(f"`padding` must be 'same' or 'valid', got {value!r}")
    return str(value)


def _sides_after(
    layer: Convolution, i: int, height: int, width: int, same: bool
) -> tuple[int, int]:
    remedy = f"lower it, take fewer layers or less pooling before layer {i}"
    if not same:
        if layer.kernel > min(height, width):
            raise NetworkError(
                f"`conv{i}_kernel` is {layer.kernel}, but only {height} x {width} pixels remain; "
                f"{remedy}, or set `padding: same`"
            )
        height, width = height - layer.kernel + 1, width - layer.kernel + 1
    if layer.pool > min(height, width):
        raise NetworkError(
            f"`pool{i}_kernel` is {layer.pool}, but only {height} x {width} pixels remain; {remedy}"
        )
    return height // layer.pool, width // layer.pool


def _convolution(layer: Convolution, same: bool) -> list[nn.Module]:
    """A convolution; `same` is spelled out, because torch warns of even kernels if asked for it."""
    from torch import nn

    padding = (layer.kernel - 1) // 2 if same else 0
    convolution = nn.Conv2d(layer.channels, layer.features, layer.kernel, padding=padding)
    if same and layer.kernel % 2 == 0:
        return [nn.ZeroPad2d((0, 1, 0, 1)), convolution]
    return [convolution]


CNN = Family("cnn", structural_names, check, build)
