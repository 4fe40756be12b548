import pytest
import torch

from hyperwatt.constraints.errors import MeasurementError, NetworkError
from hyperwatt.workers import faults
from hyperwatt.workers.faults import end_of
from hyperwatt.workers.out_of_memory import DeviceMemory


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate`"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:114] . DefaultCPUAllocator: can't allocate"
                     " memory: you tried to allocate 4000000000000 bytes."),
    ],
)  # fmt: skip
def test_memory_that_ran_out_is_a_result(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = DeviceMemory(80, 1, 78, 79, failures=1)
    monkeypatch.setattr(faults, "device_memory", lambda: ours)

    end = end_of(error, ["latency_s", "memory_bytes"])

    assert (end["event"], end["reason"]) == ("infeasible", "out of memory")
    assert end["metrics"] == ["memory_bytes"]


def test_torch_itself_says_so_in_words_we_know() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60)

    assert end_of(caught.value)["reason"] == "out of memory"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (NetworkError("too small"), "unbuildable"),
        (MeasurementError("no RAPL"), "cannot measure"),
        (ValueError("odd"), "exception"),
        (RuntimeError("shapes cannot be multiplied"), "exception"),
    ],
)
def test_all_else_is_a_failure_of_its_type(error: Exception, reason: str) -> None:
    end = end_of(error)

    assert (end["event"], end["reason"]) == ("failed", reason)
    assert str(error) in end["message"]
