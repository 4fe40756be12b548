"""Networks of many kinds, small enough to be measured for real beside their traces."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision import models

from hyperwatt.constraints.tracing.request import Input
from hyperwatt.workers.networks.registry import find_family

WORDS = 1000
WIDTH = 64


@dataclass(frozen=True)
class Subject:
    """A network with what it takes.

    Attributes:
        build: makes it.
        input: of one item.
        batch_size: items in a batch.
    """

    build: Callable[[], nn.Module]
    input: Input
    batch_size: int

    def batch(self) -> Tensor:
        """Random inputs, seeded."""
        generator = torch.Generator().manual_seed(0)
        shape = (self.batch_size, *self.input.shape)
        if self.input.dtype == "int64":
            return torch.randint(0, WORDS, shape, generator=generator)
        return torch.randn(shape, generator=generator)


class UNet(nn.Module):
    """Two levels down and up, with what was on the way down beside what comes up."""

    def __init__(self, channels: int = 8) -> None:
        super().__init__()
        c = channels
        self.down = nn.ModuleList([_twice(3, c), _twice(c, 2 * c)])
        self.bottom = _twice(2 * c, 4 * c)
        self.ups = nn.ModuleList(
            [nn.ConvTranspose2d(4 * c, 2 * c, 2, 2), nn.ConvTranspose2d(2 * c, c, 2, 2)]
        )
        self.merge = nn.ModuleList([_twice(4 * c, 2 * c), _twice(2 * c, c)])
        self.head = nn.Conv2d(c, 5, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Scores of 5 classes at each pixel."""
        kept = []
        for block in self.down:
            x = block(x)
            kept.append(x)
            x = functional.max_pool2d(x, 2)
        x = self.bottom(x)
        for up, merge, beside in zip(self.ups, self.merge, reversed(kept), strict=True):
            x = merge(torch.cat([up(x), beside], 1))
        return self.head(x)  # type: ignore[no-any-return]


class Encoder(nn.Module):
    """torch's transformer encoder over words."""

    def __init__(self, **settings: Any) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(WIDTH, 4, 4 * WIDTH, batch_first=True, **settings)
        self.embed = nn.Embedding(WORDS, WIDTH)
        self.encoder = nn.TransformerEncoder(layer, 3, enable_nested_tensor=False)
        self.head = nn.Linear(WIDTH, 10)

    def forward(self, words: Tensor) -> Tensor:
        """Scores of 10 classes."""
        return self.head(self.encoder(self.embed(words)).mean(1))  # type: ignore[no-any-return]


class Causal(nn.Module):
    """A small language model: one block thrice, its head tied to its embedding."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Embedding(WORDS, WIDTH)
        self.norms = nn.ModuleList([nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)])
        self.qkv, self.out = nn.Linear(WIDTH, 3 * WIDTH), nn.Linear(WIDTH, WIDTH)
        layers = (nn.Linear(WIDTH, 4 * WIDTH), nn.GELU(), nn.Linear(4 * WIDTH, WIDTH))
        self.feed_forward = nn.Sequential(*layers)

    def forward(self, words: Tensor) -> Tensor:
        """Scores of each next word, `(n, words, length)`."""
        x = self.embed(words)
        for _ in range(3):
            x = x + self.out(self._attend(self.norms[0](x)))
            x = x + self.feed_forward(self.norms[1](x))
        return functional.linear(x, self.embed.weight).transpose(1, 2)

    def _attend(self, x: Tensor) -> Tensor:
        batch, length, width = x.shape
        split = self.qkv(x).view(batch, length, 3, 4, width // 4).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(*split, is_causal=True)
        return mixed.transpose(1, 2).reshape(batch, length, width)


class Recurrent(nn.Module):
    """Two recurrent layers; the last step is classified."""

    def __init__(self, kind: type[nn.RNNBase]) -> None:
        super().__init__()
        self.cells = kind(32, WIDTH, 2, batch_first=True)
        self.head = nn.Linear(WIDTH, 10)

    def forward(self, x: Tensor) -> Tensor:
        """Scores of 10 classes."""
        return self.head(self.cells(x)[0][:, -1])  # type: ignore[no-any-return]


def plain_cnn(layers: int = 20) -> nn.Module:
    """A CNN of so many convolutions, the yardstick of tracing speed."""
    parts: list[nn.Module] = []
    channels = 3
    for i in range(layers):
        features = 16 * 2 ** (i * 3 // layers)
        parts += [nn.Conv2d(channels, features, 3, padding=1), nn.BatchNorm2d(features), nn.ReLU()]
        channels = features
    return nn.Sequential(*parts, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, 10))


def _twice(channels: int, features: int) -> nn.Module:
    parts = [
        (nn.Conv2d(c, features, 3, padding=1), nn.BatchNorm2d(features), nn.ReLU(inplace=True))
        for c in (channels, features)
    ]
    return nn.Sequential(*parts[0], *parts[1])


def _of_family(name: str, config: Mapping[str, object], shape: tuple[int, ...]) -> nn.Module:
    return find_family(name).build(dict(config), shape, 10)


def _vit() -> nn.Module:
    return models.VisionTransformer(32, 8, 3, 4, WIDTH, 2 * WIDTH, num_classes=10)


def _vgg11() -> nn.Module:
    return nn.Sequential(models.vgg11_bn().features, nn.Flatten(), nn.Linear(512, 10))


MNIST_CNN = {"conv_layers": 2, "conv1_features": 20, "conv2_features": 50, "pool1_kernel": 2}
DEEP_CNN = {"conv_layers": 3, "conv1_kernel": 4, "pool2_kernel": 2, "fc_layers": 2, "dropout": 0.5}
SMALL, GREY, MIDDLE = Input((3, 32, 32)), Input((1, 28, 28)), Input((3, 64, 64))
SENTENCE, SIGNAL = Input((64,), "int64"), Input((32, 32))

SUBJECTS: dict[str, Subject] = {
    "MLP": Subject(lambda: _of_family("mlp", {}, (1, 28, 28)), GREY, 16),
    "HyperPower CNN, MNIST": Subject(lambda: _of_family("cnn", MNIST_CNN, (1, 28, 28)), GREY, 16),
    "HyperPower CNN, dropout": Subject(lambda: _of_family("cnn", DEEP_CNN, (3, 32, 32)), SMALL, 8),
    "HyperPower CIFAR-10": Subject(
        lambda: _of_family("hyperpower-cifar10", {}, (3, 32, 32)), SMALL, 8
    ),
    "20-layer CNN": Subject(plain_cnn, SMALL, 8),
    "VGG-11": Subject(_vgg11, SMALL, 4),
    "ResNet-18": Subject(lambda: models.resnet18(num_classes=10), MIDDLE, 4),
    "MobileNetV2": Subject(lambda: models.mobilenet_v2(num_classes=10), MIDDLE, 4),
    "DenseNet-121": Subject(lambda: models.densenet121(num_classes=10), MIDDLE, 2),
    "ShuffleNetV2": Subject(lambda: models.shufflenet_v2_x0_5(num_classes=10), MIDDLE, 4),
    "SqueezeNet": Subject(lambda: models.squeezenet1_1(num_classes=10), MIDDLE, 4),
    "EfficientNet-B0": Subject(lambda: models.efficientnet_b0(num_classes=10), MIDDLE, 2),
    "U-Net": Subject(UNet, MIDDLE, 4),
    "transformer encoder": Subject(lambda: Encoder(dropout=0.0), SENTENCE, 4),
    "encoder, norm first": Subject(lambda: Encoder(dropout=0.0, norm_first=True), SENTENCE, 4),
    "encoder, dropout": Subject(lambda: Encoder(dropout=0.1), SENTENCE, 4),
    "causal transformer": Subject(Causal, SENTENCE, 4),
    "vision transformer": Subject(_vit, SMALL, 4),
    "ConvNeXt (channels last)": Subject(lambda: models.convnext_tiny(num_classes=10), MIDDLE, 2),
    "LSTM": Subject(lambda: Recurrent(nn.LSTM), SIGNAL, 16),
    "GRU": Subject(lambda: Recurrent(nn.GRU), SIGNAL, 16),
}
