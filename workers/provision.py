"""Puts the files of a data set where they belong, and opens them through torchvision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..constraints.errors import DataError
from .data import DATA_SETS, check_files, check_task, locate
from .generated_data import with_checksums_of, write_generated


def prepare_task(task: Mapping[str, Any]) -> None:
    """Check a task and fetch or make its files if asked to, so that workers need not all do so.

    Side effects:
        May write into the task's folder.

    Raises:
        DataError: as `check_task`.
    """
    check_task(task)
    if DATA_SETS[task["name"]].files:
        provide_files(task)


def provide_files(task: Mapping[str, Any]) -> None:
    """Download or make the files of a task unless they are there.

    Side effects:
        May write into the task's folder.

    Raises:
        DataError: if they are not there and neither `download` nor `generated` is set.
    """
    try:
        check_files(task)
    except DataError:
        if task.get("generated"):
            write_generated(task["name"], locate(task))
        elif task.get("download"):
            open_torchvision(task, train=True, download=True)
        else:
            raise


def open_torchvision(task: Mapping[str, Any], *, train: bool, download: bool = False) -> Any:
    """One part of a data set, as torchvision gives it.

    Raises:
        DataError: if torchvision finds the files damaged.

    Side effects:
        Downloads if asked to.
    """
    from torchvision import datasets

    kinds: dict[str, Any] = {
        "mnist": datasets.MNIST,
        "fashion-mnist": datasets.FashionMNIST,
        "cifar10": datasets.CIFAR10,
    }
    kind = kinds[task["name"]]
    if task.get("generated") and kind is datasets.CIFAR10:
        kind = with_checksums_of(kind, locate(task))  # torchvision knows those of the real files
    try:
        return kind(str(locate(task)), train=train, download=download)
    except RuntimeError as error:
        raise DataError(
            f"{task['name']} in {locate(task)} is damaged ({error}); delete it and set "
            "`task.download=true`"
        ) from error
