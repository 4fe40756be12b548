"""The five networks that NeuralPower was judged on, which no predictor of ours has seen.

VGG-16 and AlexNet are torchvision's. The others follow the published lists of layers; a
fully-connected layer there is a convolution over all pixels, and here a linear layer, which is the
same arithmetic. Batches are those of the paper.

References:
    [Cai2017] E. Cai, D.-C. Juan, D. Stamoulis, D. Marculescu. NeuralPower: Predict and Deploy
        Energy-Efficient Convolutional Neural Networks. ACML 2017.
"""

from __future__ import annotations

from .layer_list import Layers
from .subject import Subject

GROUP = "held out"

NIN: Layers = (
    ("conv", 96, 11, 4, 0), ("conv", 96, 1, 1, 0), ("conv", 96, 1, 1, 0), ("max pool", 3, 2),
    ("conv", 256, 5, 1, 2), ("conv", 256, 1, 1, 0), ("conv", 256, 1, 1, 0), ("max pool", 3, 2),
    ("conv", 384, 3, 1, 1), ("conv", 384, 1, 1, 0), ("conv", 384, 1, 1, 0), ("max pool", 3, 2),
    ("dropout", 0.5),
    ("conv", 1024, 3, 1, 1), ("conv", 1024, 1, 1, 0), ("conv", 1000, 1, 1, 0), ("mean pool", 5),
)  # fmt: skip
OVERFEAT: Layers = (
    ("conv", 64, 11, 4, 0), ("max pool", 2, 2),
    ("conv", 256, 5, 1, 0), ("max pool", 2, 2),
    ("conv", 512, 3, 1, 1), ("conv", 1024, 3, 1, 1), ("conv", 1024, 3, 1, 1), ("max pool", 2, 2),
    ("linear", 3072), ("dropout", 0.5), ("linear", 4096), ("dropout", 0.5), ("classes",),
)  # fmt: skip
CIFAR10_6CONV: Layers = (
    ("conv", 128, 3, 1, 1), ("conv", 128, 3, 1, 1), ("max pool", 2, 2),
    ("conv", 256, 3, 1, 1), ("conv", 256, 3, 1, 1), ("max pool", 2, 2),
    ("conv", 512, 3, 1, 1), ("conv", 512, 3, 1, 1),
    ("linear", 1024), ("dropout", 0.5), ("linear", 1024), ("dropout", 0.5), ("classes",),
)  # fmt: skip


def held_out_networks(quick: bool = False) -> tuple[Subject, ...]:
    """All five; with `quick`, one image a batch."""

    def subject(
        name: str, network: dict[str, object], side: int, classes: int, batch: int
    ) -> Subject:
        return Subject(name, GROUP, network, (3, side, side), classes, 1 if quick else batch)

    return (
        subject("VGG-16", {"torchvision": "vgg16"}, 224, 1000, 64),
        subject("AlexNet", {"torchvision": "alexnet"}, 224, 1000, 128),
        subject("NiN", {"layers": NIN}, 224, 1000, 128),
        subject("Overfeat", {"layers": OVERFEAT}, 231, 1000, 128),
        subject("CIFAR10-6conv", {"layers": CIFAR10_6CONV}, 32, 10, 128),
    )
