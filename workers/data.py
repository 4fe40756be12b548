"""The data sets that a sweep can train on: how large they are and where their files lie.

All of it is cheap and imports neither torch nor torchvision, so that a spec can be checked before
work begins. `provision.py` fetches the files and `splits.py` loads them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from ..constraints.errors import DataError, did_you_mean

DEFAULT_ROOT = Path("~/.cache/hyperwatt")
MNIST_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
CIFAR10_FILES = (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta")
DIGITS_TEST_IMAGES = 360  # a fifth of 1797
GENERATED_IMAGES, GENERATED_TEST_IMAGES = 12_000, 2_000


@dataclass(frozen=True)
class DataSet:
    """A data set as its files lie on disk.

    Attributes:
        shape: channels, height, width.
        images: that are labelled, the test part left out unless `test_is_taken` from them.
        test_images: in the test part.
        folder: of the files, below the root; empty if the data set is bundled.
        files: that must be there.
        modules: that loading it imports.
        test_is_taken: whether the test part is taken from `images`.
    """

    shape: tuple[int, int, int]
    images: int
    test_images: int
    folder: str
    files: tuple[str, ...]
    modules: tuple[str, ...]
    test_is_taken: bool = False


_VISION = ("torchvision.datasets",)
DATA_SETS = {
    "digits": DataSet((1, 8, 8), 1797, DIGITS_TEST_IMAGES, "", (), ("sklearn.datasets",), True),
    "mnist": DataSet((1, 28, 28), 60_000, 10_000, "MNIST/raw", MNIST_FILES, _VISION),
    "fashion-mnist": DataSet((1, 28, 28), 60_000, 10_000, "FashionMNIST/raw", MNIST_FILES, _VISION),
    "cifar10": DataSet((3, 32, 32), 50_000, 10_000, "cifar-10-batches-py", CIFAR10_FILES, _VISION),
}


@dataclass(frozen=True)
class TaskShape:
    """What can be said of a task without loading it.

    Attributes:
        input_shape: channels, height, width.
        classes: that an image can be of.
        train_size, validation_size, test_size: images in each part.
        chance_error: share that guessing gets wrong.
    """

    input_shape: tuple[int, int, int]
    classes: int
    train_size: int
    validation_size: int
    test_size: int

    @property
    def chance_error(self) -> float:
        """Error of guessing."""
        return 1.0 - 1.0 / self.classes


def describe_task(
    name: str,
    *,
    validation_share: float = 0.2,
    train_images: int | None = None,
    generated: bool = False,
) -> TaskShape:
    """Shapes and sizes of a task, without loading it.

    Raises:
        DataError: if there is no such task, or nothing would be left to train on.

    >>> describe_task("mnist").validation_size
    12000
    """
    if name not in DATA_SETS:
        raise DataError(f"no task {name!r}; {did_you_mean(name, DATA_SETS)}")
    if not 0 < validation_share < 0.8:
        raise DataError(f"`validation_share` must lie between 0 and 0.8, got {validation_share}")
    data = DATA_SETS[name]
    images = GENERATED_IMAGES if generated else data.images
    test = GENERATED_TEST_IMAGES if generated else data.test_images
    validation = math.ceil(validation_share * images)
    left = images - validation - (test if data.test_is_taken else 0)
    if train_images is not None and not 10 <= train_images <= left:
        raise DataError(f"`train_images` must be from 10 to {left} for {name}, got {train_images}")
    return TaskShape(data.shape, 10, train_images or left, validation, test)


def check_task(task: Mapping[str, Any]) -> None:
    """Check that a task can be loaded on this machine; cheap, imports nothing.

    Raises:
        DataError: if there is no such task, or its files are missing or still packed.
    """
    shape_of(task)
    if not DATA_SETS[task["name"]].files:
        if task.get("generated"):
            raise DataError(f"`generated`: {task['name']} is bundled and needs no made-up images")
    elif task.get("generated"):
        if task.get("download"):
            raise DataError("`generated` and `download` exclude each other; keep one")
    elif not task.get("download"):
        check_files(task)


def shape_of(task: Mapping[str, Any]) -> TaskShape:
    """Shapes and sizes of a task given as plain values.

    Raises:
        DataError: as `describe_task`.
    """
    return describe_task(
        task["name"],
        validation_share=task.get("validation_share", 0.2),
        train_images=task.get("train_images"),
        generated=task.get("generated", False),
    )


def modules_of(task: Mapping[str, Any]) -> tuple[str, ...]:
    """Modules that loading a task imports, for who wants them imported before.

    >>> modules_of({"name": "digits"})
    ('sklearn.datasets',)
    """
    data = DATA_SETS.get(task.get("name", ""))
    return data.modules if data else ()


def locate(task: Mapping[str, Any]) -> Path:
    """The folder in which a task's files lie or will lie; made-up ones have one of their own."""
    root = Path(task.get("root") or DEFAULT_ROOT).expanduser().resolve()
    return root / "generated" if task.get("generated") else root


def check_files(task: Mapping[str, Any]) -> None:
    """Check that the files of a task are there and unpacked.

    Raises:
        DataError: names the first that is not, and the remedy.
    """
    name, data = task["name"], DATA_SETS[task["name"]]
    folder = locate(task) / data.folder
    missing = [file for file in data.files if not (folder / file).is_file()]
    packed = [file for file in missing if (folder / f"{file}.gz").is_file()]
    archive = locate(task) / "cifar-10-python.tar.gz"
    if packed:
        raise DataError(
            f"{name} in {folder} is still packed ({', '.join(f'{file}.gz' for file in packed)}); "
            f"unpack it with: gunzip -k {quote(str(folder))}/*.gz"
        )
    if missing and name == "cifar10" and archive.is_file():
        raise DataError(
            f"{name} is still packed; unpack it with: "
            f"tar -xzf {quote(str(archive))} -C {quote(str(locate(task)))}"
        )
    if missing:
        raise DataError(
            f"{name} was looked for in {folder}, but there is no {missing[0]}; set `task.root` to "
            f"the folder that holds {data.folder}, or download it with `--set task.download=true`"
        )
