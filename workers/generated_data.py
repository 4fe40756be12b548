"""Made-up images in the file formats of real data sets, to try a sweep where these cannot be had.

Each class is a smooth random pattern; an image is its class's pattern, shifted by some pixels and
under noise. They can be learned, and errors on them say nothing about the real data.
"""

from __future__ import annotations

import hashlib
import pickle
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .data import CIFAR10_FILES, DATA_SETS, GENERATED_IMAGES, GENERATED_TEST_IMAGES

CLASSES = 10
MOST_SHIFT = 4  # pixels; at none, a network learns it in an epoch
CONTRAST, NOISE = 8.0, 60.0  # of 255; nearest class mean errs by 30 % (28 x 28), 5 % (32 x 32)
SEED = 0

Bytes = NDArray[np.uint8]


def write_generated(name: str, root: Path) -> None:
    """Write a whole data set.

    Args:
        name: whose format and shape.
        root: as for the real files.

    Side effects:
        Makes the folder and its files.
    """
    data = DATA_SETS[name]
    folder = root / data.folder
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(SEED)
    patterns = _patterns(data.shape, rng)
    train, test = (
        _draw(patterns, count, rng) for count in (GENERATED_IMAGES, GENERATED_TEST_IMAGES)
    )
    if name == "cifar10":
        _write_cifar10(folder, train, test)
    else:
        _write_idx(folder, "train", *train)
        _write_idx(folder, "t10k", *test)


def with_checksums_of(kind: Any, root: Path) -> Any:
    """torchvision's CIFAR-10 class, expecting the files that are there instead of the real ones."""
    folder = root / kind.base_folder

    def entry(name: str) -> list[str]:
        return [name, hashlib.md5((folder / name).read_bytes()).hexdigest()]

    *train, test, meta = (entry(name) for name in CIFAR10_FILES)
    described = {**kind.meta, "filename": meta[0], "md5": meta[1]}
    lists = {"train_list": train, "test_list": [test], "meta": described}
    return type("GeneratedCIFAR10", (kind,), lists)


def _patterns(shape: tuple[int, int, int], rng: np.random.Generator) -> NDArray[np.float64]:
    """One smooth pattern a class, `(classes, *shape)`, of unit variance."""
    from scipy.ndimage import gaussian_filter

    drawn = rng.standard_normal((CLASSES, *shape))
    smooth = gaussian_filter(drawn, sigma=(0, 0, 3, 3), mode="wrap")
    return np.asarray(smooth / smooth.std(axis=(1, 2, 3), keepdims=True))


def _draw(
    patterns: NDArray[np.float64], count: int, rng: np.random.Generator
) -> tuple[Bytes, Bytes]:
    """Images `(count, *shape)` and their classes, as many of each."""
    labels = rng.permutation(np.arange(count) % CLASSES).astype(np.uint8)
    shifts = rng.integers(-MOST_SHIFT, MOST_SHIFT + 1, (count, 2))
    images = np.stack(
        [np.roll(patterns[c], tuple(s), axis=(1, 2)) for c, s in zip(labels, shifts, strict=True)]
    )
    noisy = 127.5 + CONTRAST * images + NOISE * rng.standard_normal(images.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8), labels


def _write_idx(folder: Path, stem: str, images: Bytes, labels: Bytes) -> None:
    """MNIST's format: a header of big-endian integers, then bytes."""
    count, _, height, width = images.shape
    header = struct.pack(">4i", 2051, count, height, width)
    (folder / f"{stem}-images-idx3-ubyte").write_bytes(header + images.tobytes())
    header = struct.pack(">2i", 2049, count)
    (folder / f"{stem}-labels-idx1-ubyte").write_bytes(header + labels.tobytes())


def _write_cifar10(folder: Path, train: tuple[Bytes, Bytes], test: tuple[Bytes, Bytes]) -> None:
    """CIFAR-10's format: pickled batches of flat images."""
    *batches, last, meta = CIFAR10_FILES
    parts = zip(*(np.array_split(array, len(batches)) for array in train), strict=True)
    for name, (images, labels) in zip([*batches, last], [*parts, test], strict=True):
        content = {"data": images.reshape(len(images), -1), "labels": labels.tolist()}
        (folder / name).write_bytes(pickle.dumps(content))
    names = {"label_names": [f"class {i}" for i in range(CLASSES)]}
    (folder / meta).write_bytes(pickle.dumps(names))
