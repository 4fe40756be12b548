"""Single layers drawn at random, each with the ReLU that follows it, to learn times from.

    conv   kernels of 1 to 11 pixels on images of 6 to 231, up to 1024 features
    dense  up to 36864 inputs and 4096 outputs
    pool   kernels of 2 and 3 pixels, steps of 2

Features are multiples of 32, as in most networks for large images; others leave a GPU's tiles
partly empty, and would teach another time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from .subject import Subject

GROUP = "layers"
KINDS = ("conv", "dense", "pool")
SEED = 11
BATCHES = (16, 32, 64, 128)
MOST_NUMBERS = 2**28  # in a layer's input or output, 1 GB
MOST_MACS = 2.5e11  # of a layer and batch; the largest of VGG-16 has half of it


@dataclass(frozen=True)
class Portions:
    """How many layers are measured.

    Attributes:
        convolutions: of them.
        others: of each other kind.
        a_piece: that one process measures; a kill loses no more.
    """

    convolutions: int
    others: int
    a_piece: int

    def count(self, kind: str) -> int:
        """Layers of a kind."""
        return self.convolutions if kind == "conv" else self.others


TIMES = Portions(224, 64, a_piece=32)
WITH_POWER = Portions(64, 16, a_piece=8)
QUICK = Portions(12, 12, a_piece=12)


@lru_cache(maxsize=4)
def random_layers(portions: Portions, quick: bool = False) -> dict[str, tuple[Subject, ...]]:
    """Layers by piece, each piece of one kind; fewer layers are the first of more."""
    wanted = QUICK if quick else portions
    pieces: list[tuple[float, str, tuple[Subject, ...]]] = []
    for place, kind in enumerate(KINDS):
        rng, count = np.random.default_rng([SEED, place]), wanted.count(kind)
        layers = tuple(_layer(f"{kind} {k:03d}", kind, rng, quick) for k in range(count))
        for begin in range(0, count, wanted.a_piece):
            piece = layers[begin : begin + wanted.a_piece]
            pieces.append((begin / count, f"{kind} from {begin}", piece))
    return {key: piece for _, key, piece in sorted(pieces, key=lambda piece: piece[:2])}


def _layer(name: str, kind: str, rng: np.random.Generator, quick: bool) -> Subject:
    """The next draw that is neither too large nor empty."""
    draw = {"conv": _conv, "dense": _dense, "pool": _pool}[kind]
    while True:
        batch = 1 if quick else int(rng.choice(BATCHES))
        layer, shape, output, macs = draw(rng)
        largest = batch * max(prod(shape), prod(output))
        if min(output) > 0 and largest <= MOST_NUMBERS and batch * macs <= MOST_MACS:
            return Subject(name, GROUP, {"layers": [layer]}, shape, output[0], batch)


Drawn = tuple[list[Any], tuple[int, ...], tuple[int, ...], float]


def _conv(rng: np.random.Generator) -> Drawn:
    kernel = int(rng.choice([1, 3, 3, 3, 5, 7, 11]))
    side = _side(rng)
    stride = int(rng.choice([1, 2, 4])) if kernel > 3 else 1
    given = int(rng.choice([3, _features(rng)], p=[0.1, 0.9]))
    features, padding = _features(rng), kernel // 2 * int(rng.integers(0, 2))
    after = (side + 2 * padding - kernel) // stride + 1
    macs = float(given * features * kernel**2 * after**2)
    return ["conv", features, kernel, stride, padding], (given, side, side), (
        features, after, after,
    ), macs  # fmt: skip


def _dense(rng: np.random.Generator) -> Drawn:
    given = 32 * round(float(np.exp(rng.uniform(np.log(8), np.log(1152)))))
    units = 32 * round(float(np.exp(rng.uniform(np.log(8), np.log(128)))))
    return ["linear", units], (given,), (units,), float(given * units)


def _pool(rng: np.random.Generator) -> Drawn:
    side, features, kernel = _side(rng), _features(rng), int(rng.integers(2, 4))
    after = (side - kernel) // 2 + 1
    return ["max pool", kernel, 2], (features, side, side), (features, after, after), 0.0


def _side(rng: np.random.Generator) -> int:
    return round(float(np.exp(rng.uniform(np.log(6), np.log(231)))))


def _features(rng: np.random.Generator) -> int:
    return 32 * round(float(np.exp(rng.uniform(0.0, np.log(32)))))
