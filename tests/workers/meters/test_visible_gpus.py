"""Which GPUs are ours, over NVIDIA's own binding and a library that answers by a script."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from hyperwatt.workers.meters.visible_gpus import uuid_of_torch

ASKED = [
    None,
    "",
    "-1",
    "NoDevFiles",
    "0",
    " 1 , 0",
    "1,-1,0",
    "0,foo,1",
    "7",
    "0,0",
    "GPU-a",
    "GPU-a1",
    "GPU-b",
    "GPU-b,GPU-a1",
    "GPU-",
    "GPU-c",
    "GPU-b,GPU-b2",
    "2",
    "MIG-s2",
    "MIG-GPU-d4/2/0",
    "MIG-GPU-d4/9/0",
    "GPU-d4",
]


def ask_all(fake: Any, entries: list[str | None], order: str) -> list[Any]:
    """The UUIDs that each value of the variable names, or why it names none."""
    from hyperwatt.constraints.errors import MeasurementError
    from hyperwatt.workers.meters.nvml import Nvml
    from hyperwatt.workers.meters.visible_gpus import visible_gpus

    def ask(entry: str | None) -> Any:
        environ = {} if entry is None else {"CUDA_VISIBLE_DEVICES": entry}
        try:
            return [g.uuid for g in visible_gpus({**environ, "CUDA_DEVICE_ORDER": order}, nvml)]
        except MeasurementError as error:
            return str(error)

    nvml = Nvml()
    return [ask(entry) for entry in entries]


@pytest.fixture(scope="module")
def asked(gpus: ModuleType, new_fake_nvml: Callable[..., Any]) -> Callable[..., Any]:
    """What an entry means on a machine; all entries are asked for at once."""
    same, slices = "NVIDIA A100", [gpus.Slice("MIG-s1", 1), gpus.Slice("MIG-s2", 2)]
    twins = [gpus.Board("GPU-a1", same), gpus.Board("GPU-b2", same), gpus.Board("GPU-a3", same)]
    mixed = [gpus.Board("GPU-a1", "Tesla T4"), gpus.Board("GPU-b2", same)]
    split = [*twins[:2], gpus.Board("GPU-d4", same, slices=slices)]
    machines = {"twins": twins, "mixed": mixed, "split": split, "none": []}
    answers: dict[tuple[str, str], dict[str | None, Any]] = {}

    def meaning(machine: str, entry: str | None, order: str = "FASTEST_FIRST") -> Any:
        if (machine, order) not in answers:
            fake = new_fake_nvml()
            fake.show(*machines[machine])
            told = fake.run(ask_all, ASKED, order)
            answers[machine, order] = dict(zip(ASKED, told, strict=True))
        return answers[machine, order][entry]

    return meaning


@pytest.mark.parametrize(
    ("entry", "uuids"),
    [
        (None, ["GPU-a1", "GPU-b2", "GPU-a3"]),
        ("", []),
        ("-1", []),
        ("NoDevFiles", []),
        ("0", ["GPU-a1"]),
        (" 1 , 0", ["GPU-b2", "GPU-a1"]),
        ("1,-1,0", ["GPU-b2"]),
        ("0,foo,1", ["GPU-a1"]),
        ("GPU-a1", ["GPU-a1"]),
        ("GPU-b", ["GPU-b2"]),
        ("GPU-b,GPU-a1", ["GPU-b2", "GPU-a1"]),
    ],
)
def test_entries_mean_what_they_mean_to_cuda(
    asked: Callable[..., Any], entry: str | None, uuids: list[str]
) -> None:
    assert asked("twins", entry) == uuids


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("7", "there is no GPU 7; known: 0 NVIDIA A100 GPU-a1, "),
        ("0,0", "names GPU-a1 twice"),
        ("GPU-b,GPU-b2", "names GPU-b2 twice"),
        ("GPU-a", "'GPU-a' names several GPUs"),
        ("GPU-", "'GPU-' names several GPUs"),
        ("GPU-c", "'GPU-c' names no GPU; known: 0 NVIDIA A100 GPU-a1, "),
    ],
)
def test_what_names_none_or_several_says_what_there_is(
    asked: Callable[..., Any], entry: str, says: str
) -> None:
    assert says in asked("twins", entry)


def test_an_index_among_different_gpus_is_refused_with_the_remedy(
    asked: Callable[..., Any],
) -> None:
    assert "set `CUDA_DEVICE_ORDER=PCI_BUS_ID`, or name it by its UUID" in asked("mixed", "0")
    assert asked("mixed", "GPU-a1") == ["GPU-a1"]
    assert asked("mixed", None) == ["GPU-a1", "GPU-b2"]


def test_an_index_by_the_bus_is_nvmls(asked: Callable[..., Any]) -> None:
    assert asked("mixed", " 1 , 0", "PCI_BUS_ID") == ["GPU-b2", "GPU-a1"]


@pytest.mark.parametrize(
    ("entry", "uuids"),
    [
        (None, ["GPU-a1", "GPU-b2", "MIG-s1", "MIG-s2"]),
        ("MIG-s2", ["MIG-s2"]),
        ("MIG-GPU-d4/2/0", ["MIG-s2"]),
        ("0", ["GPU-a1"]),
    ],
)
def test_a_divided_gpu_is_its_slices(
    asked: Callable[..., Any], entry: str | None, uuids: list[str]
) -> None:
    assert asked("split", entry) == uuids


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("2", "GPU 2 is divided into MIG slices; name one, known: "),
        ("GPU-d4", "names no GPU; known: 0 NVIDIA A100 GPU-a1, "),
        ("MIG-GPU-d4/9/0", "names no GPU"),
    ],
)
def test_a_divided_gpu_has_to_be_named_by_slice(
    asked: Callable[..., Any], entry: str, says: str
) -> None:
    assert says in asked("split", entry)


def test_a_machine_without_gpus_has_none_to_name(asked: Callable[..., Any]) -> None:
    assert asked("none", None) == []
    assert asked("none", "0").endswith("there is no GPU 0; known: none")


def describe(fake: Any) -> list[Any]:
    from hyperwatt.workers.meters.nvml import Nvml
    from hyperwatt.workers.meters.visible_gpus import all_gpus, card_of

    nvml = Nvml()
    return [[gpu, card_of(gpu, nvml)] for gpu in all_gpus(nvml)]


def test_a_card_is_described_and_a_slice_by_its_card(fake_nvml: Any, gpus: ModuleType) -> None:
    t4 = gpus.Board("GPU-a1", "Tesla T4", limit_w=70.0, compute_mode=3)
    barred = gpus.Board("GPU-b", faults=[gpus.Fault("nvmlDeviceGetHandleByIndex_v2", 4)])
    split = gpus.Board("GPU-d4", "NVIDIA A100", limit_w=0.0, slices=[gpus.Slice("MIG-s1", 3, 1)])
    fake_nvml.show(t4, barred, split, driver="550.1")

    (_, card), (part, whole) = fake_nvml.run(describe)

    assert card == {
        "name": "Tesla T4",
        "uuid": "GPU-a1",
        "driver": "550.1",
        "limit_w": 70.0,
        "compute_mode": "exclusive",
    }
    assert part["mig"] == {"board_uuid": "GPU-d4", "gpu_instance": 3, "compute_instance": 1}
    assert part["nvml_index"] == 2
    assert (whole["uuid"], whole["limit_w"], whole["compute_mode"]) == ("GPU-d4", None, "default")


def test_torch_and_nvml_spell_a_uuid_alike() -> None:
    assert uuid_of_torch(uuid_of_torch("b9d8")) == uuid_of_torch("b9d8") == "GPU-b9d8"
