import gzip
from pathlib import Path

import pytest

from hyperwatt.constraints.errors import DataError
from hyperwatt.workers.data import MNIST_FILES, check_task, describe_task


def raw_folder(root: Path) -> Path:
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    return raw


def test_the_parts_of_a_task_make_up_the_whole() -> None:
    digits, mnist = describe_task("digits"), describe_task("mnist", validation_share=0.1)

    assert (digits.train_size, digits.validation_size, digits.test_size) == (1077, 360, 360)
    assert (mnist.train_size, mnist.validation_size, mnist.test_size) == (54_000, 6_000, 10_000)
    assert mnist.chance_error == pytest.approx(0.9)


def test_missing_data_says_where_it_was_looked_for_and_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        check_task({"name": "mnist", "root": str(tmp_path)})

    assert str(tmp_path / "MNIST" / "raw") in str(caught.value)
    assert "--set task.download=true" in str(caught.value)


def test_packed_data_says_how_to_unpack_it(tmp_path: Path) -> None:
    raw = raw_folder(tmp_path)
    for name in MNIST_FILES:
        (raw / f"{name}.gz").write_bytes(gzip.compress(b""))

    with pytest.raises(DataError, match=rf"still packed .*gunzip -k {raw}/\*.gz"):
        check_task({"name": "mnist", "root": str(tmp_path)})


def test_data_that_lies_there_or_will_be_downloaded_passes(tmp_path: Path) -> None:
    check_task({"name": "mnist", "root": str(tmp_path), "download": True})
    raw = raw_folder(tmp_path)
    for name in MNIST_FILES:
        (raw / name).touch()

    check_task({"name": "mnist", "root": str(tmp_path), "download": False})


@pytest.mark.parametrize(
    ("task", "says"),
    [
        ({"name": "digit"}, "no task 'digit'; did you mean 'digits'"),
        ({"name": "digits", "train_images": 2000}, "from 10 to 1077 for digits, got 2000"),
        ({"name": "digits", "validation_share": 0.0}, "`validation_share` must lie between"),
    ],
)
def test_an_impossible_task_is_named(task: dict[str, object], says: str) -> None:
    with pytest.raises(DataError, match=says):
        check_task(task)
