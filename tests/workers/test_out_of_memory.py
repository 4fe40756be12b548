from pathlib import Path

import pytest
import torch

from hyperwatt.workers import faults
from hyperwatt.workers.faults import end_of
from hyperwatt.workers.out_of_memory import (
    CERTAIN,
    POSSIBLE,
    DeviceMemory,
    is_out_of_memory,
    killed_so_far,
)

GB = 10**9
FULL = DeviceMemory(80 * GB, 1 * GB, 77 * GB, 78 * GB, failures=0)
HALF = DeviceMemory(80 * GB, 40 * GB, 39 * GB, 39 * GB, failures=0)


@pytest.mark.parametrize("text", CERTAIN)
def test_what_names_memory_is_certain_however_full_the_device_is(text: str) -> None:
    for memory in (None, HALF, FULL):
        assert is_out_of_memory(RuntimeError(f"error: {text.upper()} in step"), memory)


@pytest.mark.parametrize("text", POSSIBLE)
def test_what_may_have_other_causes_counts_only_on_a_full_device(text: str) -> None:
    error = RuntimeError(f"error: {text.upper()} in step")

    assert [is_out_of_memory(error, memory) for memory in (None, HALF, FULL)] == [
        False,
        False,
        True,
    ]


def test_an_allocation_that_failed_counts_however_much_is_free_now() -> None:
    failed = DeviceMemory(80 * GB, 79 * GB, 0, 0, failures=1)

    assert is_out_of_memory(RuntimeError("CUDNN_STATUS_INTERNAL_ERROR"), failed)


def test_only_errors_of_the_run_time_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not is_out_of_memory(ValueError("out of memory"), FULL)
    assert is_out_of_memory(MemoryError())


def test_out_of_memory_beside_another_process_says_nothing_of_the_candidate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    crowded = DeviceMemory(80 * GB, 0, 30 * GB, 30 * GB, failures=1)
    error = torch.OutOfMemoryError("CUDA out of memory")
    ends = []
    for memory in (FULL, crowded, None):  # None: not even a context could be made
        monkeypatch.setattr(faults, "device_memory", lambda memory=memory: memory)
        ends.append(end_of(error, ["memory_bytes"]))

    assert [(end["event"], end["reason"]) for end in ends] == [
        ("infeasible", "out of memory"),
        ("failed", "out of memory beside others"),
        ("failed", "out of memory beside others"),
    ]


GROUP = {
    "v2": ("0::/jobs/7", "jobs/7/memory.events", "low 0\nmax 3\noom 2\noom_kill 5\n"),
    "v1": ("4:cpu:/x\n7:memory:/jobs", "memory/jobs/memory.oom_control", "under_oom 0\noom_kill 5"),
    "v1 in a container": ("7:memory:/docker/a", "memory/memory.oom_control", "oom_kill 5\n"),
}


@pytest.mark.parametrize("name", GROUP)
def test_kills_are_counted_in_the_own_group(tmp_path: Path, name: str) -> None:
    own, file, text = GROUP[name]
    write(tmp_path / "proc/self/cgroup", own)
    write(tmp_path / "proc/vmstat", "pgfault 12\noom_kill 99\n")
    write(tmp_path / "cgroup" / file, text)

    assert killed_so_far(tmp_path / "proc", tmp_path / "cgroup") == 5


def test_without_a_group_the_machine_counts_and_without_both_nobody(tmp_path: Path) -> None:
    assert killed_so_far(tmp_path / "proc", tmp_path / "cgroup") is None
    write(tmp_path / "proc/vmstat", "pgfault 12\noom_kill 99\n")

    assert killed_so_far(tmp_path / "proc", tmp_path / "cgroup") == 99


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
