"""A loaded data set in three parts that are never mixed.

*Train* is learned from, *validation* is selected on, and *test* is read once, for the winner. The
test part is the same whatever the seed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .data import DIGITS_TEST_IMAGES, check_task, describe_task
from .provision import open_torchvision, provide_files

if TYPE_CHECKING:
    from torch import Tensor

Images = NDArray[Any]
Labels = NDArray[np.int64]
Indices = NDArray[np.int64]

DIGITS_TEST_SEED = 0


@dataclass(frozen=True, eq=False)
class Part:
    """Images and their classes.

    Attributes:
        x: `(n, channels, height, width)`, float32, standardised.
        y: `(n,)`, int64.
    """

    x: Tensor
    y: Tensor

    def __len__(self) -> int:
        return len(self.y)

    def to(self, device: str) -> Part:
        """The same on another device."""
        return Part(self.x.to(device), self.y.to(device))


@dataclass(frozen=True, eq=False)
class Splits:
    """The three parts, and what their images look like."""

    train: Part
    validation: Part
    test: Part
    classes: int
    input_shape: tuple[int, int, int]

    def to(self, device: str) -> Splits:
        """The same on another device."""
        return replace(
            self,
            train=self.train.to(device),
            validation=self.validation.to(device),
            test=self.test.to(device),
        )


@dataclass(frozen=True)
class _Raw:
    """Images as they are stored.

    Attributes:
        x: `(n, channels, height, width)`, from 0 to `white`; to be split into train and validation.
        y: `(n,)`.
        x_test, y_test: the test part.
        white: largest value of a pixel.
        labelled: images that `validation_share` is a share of.
    """

    x: Images
    y: Labels
    x_test: Images
    y_test: Labels
    white: int
    labelled: int


def load_task(task: Mapping[str, Any]) -> Splits:
    """Load and split a task; asked again for the same one, a process has it at hand.

    Raises:
        DataError: if there is no such task, or its files are missing or still packed.
    """
    check_task(task)
    return _load_cached(tuple(sorted(task.items())))


def stratified(labels: Labels, size: int, rng: np.random.Generator) -> tuple[Indices, Indices]:
    """Choose `size` rows in which each class has its share, to within one.

    Args:
        labels: `(n,)`.
        size: rows to take.
        rng: decides which.

    Returns:
        The rows taken and the rows left, each in random order.
    """
    shuffled = rng.permutation(len(labels))
    place = np.empty(len(labels))
    for label in np.unique(labels):
        members = shuffled[labels[shuffled] == label]
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    order = np.argsort(place, kind="stable")
    return rng.permutation(order[:size]), rng.permutation(order[size:])


@lru_cache(maxsize=1)
def _load_cached(items: tuple[tuple[str, Any], ...]) -> Splits:
    task = dict(items)
    rng = np.random.default_rng(task.get("seed", 0))
    raw = _LOADERS[task["name"]](task)
    validation_size = math.ceil(task.get("validation_share", 0.2) * raw.labelled)
    validation, train = stratified(raw.y, validation_size, rng)
    if task.get("train_images"):
        train = train[stratified(raw.y[train], task["train_images"], rng)[0]]
    seen = raw.x[train] / np.float32(raw.white)
    mean, std = seen.mean(), seen.std()
    shape = describe_task(task["name"])
    return Splits(
        _part((seen - mean) / std, raw.y[train]),
        _part((raw.x[validation] / np.float32(raw.white) - mean) / std, raw.y[validation]),
        _part((raw.x_test / np.float32(raw.white) - mean) / std, raw.y_test),
        shape.classes,
        shape.input_shape,
    )


def _part(images: Images, labels: Labels) -> Part:
    import torch

    x = np.ascontiguousarray(images, dtype=np.float32)
    return Part(torch.from_numpy(x), torch.from_numpy(labels))


def _load_digits(task: Mapping[str, Any]) -> _Raw:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    x, y = bunch.images[:, None].astype(np.float32), bunch.target.astype(np.int64)
    test, rest = stratified(y, DIGITS_TEST_IMAGES, np.random.default_rng(DIGITS_TEST_SEED))
    return _Raw(x[rest], y[rest], x[test], y[test], white=16, labelled=len(y))


def _load_grey(task: Mapping[str, Any]) -> _Raw:
    """MNIST and Fashion-MNIST."""
    provide_files(task)
    train, test = (open_torchvision(task, train=train) for train in (True, False))
    (x, y), (x_test, y_test) = ((part.data.numpy(), part.targets.numpy()) for part in (train, test))
    return _Raw(x[:, None], y, x_test[:, None], y_test, white=255, labelled=len(x))


def _load_cifar10(task: Mapping[str, Any]) -> _Raw:
    provide_files(task)
    train, test = (open_torchvision(task, train=train) for train in (True, False))
    (x, y), (x_test, y_test) = (
        (part.data.transpose(0, 3, 1, 2), np.array(part.targets, dtype=np.int64))
        for part in (train, test)
    )
    return _Raw(x, y, x_test, y_test, white=255, labelled=len(x))


_LOADERS: dict[str, Callable[[Mapping[str, Any]], _Raw]] = {
    "digits": _load_digits,
    "mnist": _load_grey,
    "fashion-mnist": _load_grey,
    "cifar10": _load_cifar10,
}
