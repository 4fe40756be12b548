"""The data sets that a sweep can train on: how large they are and where their files lie.

All of it is cheap and imports neither torch nor torchvision, so that a spec can be checked before
work begins. `splits.py` loads them.
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
DIGITS_TEST_IMAGES = 360  # a fifth of 1797


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
    name: str, *, validation_share: float = 0.2, train_images: int | None = None
) -> TaskShape:
    """Shapes and sizes of a task, without loading it.

    Raises:
        DataError: if there is no such task, or nothing would be left to train on.

    >>> describe_task("mnist").validation_size
    12000
    """
    if name not in _SHAPES:
        raise DataError(f"no task {name!r}; {did_you_mean(name, _SHAPES)}")
    if not 0 < validation_share < 0.8:
        raise DataError(f"`validation_share` must lie between 0 and 0.8, got {validation_share}")
    shape, images, test, taken_from_all = _SHAPES[name]
    validation = math.ceil(validation_share * images)
    left = images - validation - (test if taken_from_all else 0)
    if train_images is not None and not 10 <= train_images <= left:
        raise DataError(f"`train_images` must be from 10 to {left} for {name}, got {train_images}")
    return TaskShape(shape, 10, train_images or left, validation, test)


def check_task(task: Mapping[str, Any]) -> None:
    """Check that a task can be loaded on this machine; cheap, imports nothing.

    Raises:
        DataError: if there is no such task, or its files are missing or still packed.
    """
    _shape_of(task)
    if task["name"] == "mnist" and not task.get("download"):
        _check_files(locate(task) / "MNIST" / "raw")


def modules_of(task: Mapping[str, Any]) -> tuple[str, ...]:
    """Modules that loading a task imports, for who wants them imported before.

    >>> modules_of({"name": "digits"})
    ('sklearn.datasets',)
    """
    return _MODULES.get(task.get("name", ""), ())


def locate(task: Mapping[str, Any]) -> Path:
    """The folder in which a task's files lie or will lie."""
    return Path(task.get("root") or DEFAULT_ROOT).expanduser().resolve()


def prepare_task(task: Mapping[str, Any]) -> None:
    """Check a task and download it if asked to, so that workers need not do so at once.

    Side effects:
        May download into the task's folder.

    Raises:
        DataError: as `check_task`.
    """
    check_task(task)
    if task["name"] == "mnist":
        download_if_asked(task)


def download_if_asked(task: Mapping[str, Any]) -> None:
    """Download MNIST unless it is there.

    Side effects:
        May write into the task's folder.

    Raises:
        DataError: if it is not there and `download` is not set.
    """
    try:
        _check_files(locate(task) / "MNIST" / "raw")
    except DataError:
        if not task.get("download"):
            raise
        from torchvision.datasets import MNIST

        MNIST(str(locate(task)), download=True)


_MODULES = {"digits": ("sklearn.datasets",), "mnist": ("torchvision.datasets",)}

# (shape, labelled images, test images, whether the test part is taken from these)
_SHAPES: dict[str, tuple[tuple[int, int, int], int, int, bool]] = {
    "digits": ((1, 8, 8), 1797, DIGITS_TEST_IMAGES, True),
    "mnist": ((1, 28, 28), 60_000, 10_000, False),
}


def _shape_of(task: Mapping[str, Any]) -> TaskShape:
    share, images = task.get("validation_share", 0.2), task.get("train_images")
    return describe_task(task["name"], validation_share=share, train_images=images)


def _check_files(raw: Path) -> None:
    missing = [name for name in MNIST_FILES if not (raw / name).is_file()]
    packed = [name for name in missing if (raw / f"{name}.gz").is_file()]
    if packed:
        raise DataError(
            f"MNIST in {raw} is still packed ({', '.join(f'{name}.gz' for name in packed)}); "
            f"unpack it with: gunzip -k {quote(str(raw))}/*.gz"
        )
    if missing:
        raise DataError(
            f"MNIST was looked for in {raw}, but there is no {missing[0]}; set `task.root` to the "
            "folder that holds MNIST/raw, or download it with `--set task.download=true`"
        )
