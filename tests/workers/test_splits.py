import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from hyperwatt.workers.data import MNIST_FILES, describe_task
from hyperwatt.workers.splits import load_task, stratified

DIGITS = {"name": "digits", "root": None, "download": False, "validation_share": 0.2, "seed": 0}


def write_mnist(root: Path, train: int, test: int) -> None:
    """Tiny files in the format of the real ones: a header of 32-bit integers, then bytes."""
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for stem, count in (("train", train), ("t10k", test)):
        images = rng.integers(0, 256, (count, 28, 28), dtype=np.uint8)
        header = struct.pack(">4i", 2051, count, 28, 28)
        (raw / f"{stem}-images-idx3-ubyte").write_bytes(header + images.tobytes())
        labels = (np.arange(count) % 10).astype(np.uint8)
        header = struct.pack(">2i", 2049, count)
        (raw / f"{stem}-labels-idx1-ubyte").write_bytes(header + labels.tobytes())
    assert all((raw / name).is_file() for name in MNIST_FILES)


def test_digits_have_the_sizes_that_were_described() -> None:
    splits, shape = load_task(DIGITS), describe_task("digits")

    sizes = (len(splits.train), len(splits.validation), len(splits.test))
    assert sizes == (shape.train_size, shape.validation_size, shape.test_size)
    assert splits.train.x.shape[1:] == splits.input_shape == shape.input_shape


def test_images_are_standardised_and_typed_for_torch() -> None:
    train = load_task(DIGITS).train

    assert (train.x.dtype, train.y.dtype) == (torch.float32, torch.int64)
    assert float(train.x.mean()) == pytest.approx(0.0, abs=1e-4)
    assert float(train.x.std()) == pytest.approx(1.0, abs=1e-3)


def test_no_image_is_in_two_parts() -> None:
    splits = load_task(DIGITS)
    images = [
        {image.numpy().round(3).tobytes() for image in part.x}
        for part in (splits.train, splits.validation, splits.test)
    ]

    assert len(images[0] | images[1] | images[2]) == sum(map(len, images))


def test_the_test_part_is_the_same_whatever_the_seed() -> None:
    one, other = (load_task({**DIGITS, "seed": seed}) for seed in (0, 1))

    assert torch.equal(one.test.y, other.test.y)
    assert not torch.equal(one.validation.y, other.validation.y)


def test_a_subset_keeps_validation_and_test_whole() -> None:
    few = load_task({**DIGITS, "train_images": 100})

    assert (len(few.train), len(few.validation), len(few.test)) == (100, 360, 360)
    assert torch.bincount(few.train.y).min() >= 9


def test_a_task_is_loaded_once() -> None:
    assert load_task(DIGITS) is load_task(dict(DIGITS))


@pytest.mark.slow  # imports torchvision
def test_mnist_is_read_from_its_files(tmp_path: Path) -> None:
    write_mnist(tmp_path, train=100, test=30)

    splits = load_task({**DIGITS, "name": "mnist", "root": str(tmp_path)})

    assert (len(splits.train), len(splits.validation), len(splits.test)) == (80, 20, 30)
    assert splits.train.x.shape[1:] == (1, 28, 28)
    assert splits.test.y[:10].tolist() == list(range(10))


def test_a_stratified_choice_gives_each_class_its_share() -> None:
    labels = np.repeat(np.arange(3), [10, 20, 70])

    taken, left = stratified(labels, 50, np.random.default_rng(0))

    assert sorted([*taken, *left]) == list(range(100))
    assert np.abs(np.bincount(labels[taken]) - [5, 10, 35]).max() <= 1
