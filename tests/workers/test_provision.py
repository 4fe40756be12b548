"""Data sets in the formats of the real files, written and read back through torchvision."""

from pathlib import Path

import pytest
import torch

from hyperwatt.constraints.errors import DataError
from hyperwatt.workers.data import DATA_SETS, check_task, describe_task, locate
from hyperwatt.workers.provision import prepare_task
from hyperwatt.workers.splits import load_task

VISION = [name for name, data in DATA_SETS.items() if data.files]
pytestmark = pytest.mark.slow  # imports torchvision


def task_of(name: str, root: Path) -> dict[str, object]:
    return {
        "name": name, "root": str(root), "download": False, "generated": True,
        "train_images": None, "validation_share": 0.2, "seed": 0,
    }  # fmt: skip


@pytest.mark.parametrize("name", VISION)
def test_generated_files_are_read_by_torchvision_and_have_the_described_sizes(
    tmp_path: Path, name: str
) -> None:
    task = task_of(name, tmp_path)
    prepare_task(task)

    splits, shape = load_task(task), describe_task(name, generated=True)

    sizes = (len(splits.train), len(splits.validation), len(splits.test))
    assert sizes == (shape.train_size, shape.validation_size, shape.test_size)
    assert splits.train.x.shape[1:] == shape.input_shape
    assert torch.bincount(splits.test.y).tolist() == [200] * 10


def test_generated_classes_differ_by_more_than_noise(tmp_path: Path) -> None:
    task = task_of("cifar10", tmp_path)
    prepare_task(task)
    splits = load_task(task)
    centres = torch.stack([splits.train.x[splits.train.y == c].mean(dim=0) for c in range(10)])

    distances = torch.cdist(splits.test.x.flatten(1), centres.flatten(1))

    error = (distances.argmin(dim=1) != splits.test.y).float().mean()
    assert 0.01 < error < 0.7  # can be learned, and not at once


def test_preparing_twice_writes_once(tmp_path: Path) -> None:
    task = task_of("mnist", tmp_path)
    prepare_task(task)
    folder = locate(task) / DATA_SETS["mnist"].folder
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}

    prepare_task(task)

    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_a_damaged_file_of_cifar10_is_found_by_its_checksum(tmp_path: Path) -> None:
    made = task_of("cifar10", tmp_path)
    prepare_task(made)
    real = {
        **made,
        "generated": False,
        "root": str(locate(made)),
    }  # not the real files: sums differ

    with pytest.raises(DataError, match="is damaged"):
        load_task(real)


@pytest.mark.parametrize("name", VISION)
def test_missing_files_are_named_with_their_folder(tmp_path: Path, name: str) -> None:
    task = {**task_of(name, tmp_path), "generated": False}

    with pytest.raises(DataError) as caught:
        check_task(task)

    assert str(tmp_path / DATA_SETS[name].folder) in str(caught.value)


def test_a_packed_archive_of_cifar10_says_how_to_unpack_it(tmp_path: Path) -> None:
    (tmp_path / "cifar-10-python.tar.gz").touch()

    with pytest.raises(DataError, match="tar -xzf"):
        check_task({**task_of("cifar10", tmp_path), "generated": False})
