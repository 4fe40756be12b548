import os
import time

import pytest
import torch

from hyperwatt.constraints.errors import MeasurementError
from hyperwatt.workers.load import BusyDevice

pytestmark = pytest.mark.slow  # a process that imports torch


def cpu_s(pid: int) -> float:
    """User time of a process so far."""
    with open(f"/proc/{pid}/stat") as file:
        return int(file.read().rsplit(")", 1)[1].split()[11]) / os.sysconf("SC_CLK_TCK")


def test_a_device_is_busy_while_the_context_lasts_and_not_longer() -> None:
    with BusyDevice("cpu") as busy:
        pid = busy._process.pid
        before = cpu_s(pid)
        end_s = time.monotonic() + 30
        while cpu_s(pid) - before < 0.2 and time.monotonic() < end_s:
            busy.work(0.05)

        assert cpu_s(pid) - before >= 0.2
    assert not os.path.exists(f"/proc/{pid}")


@pytest.mark.skipif(torch.cuda.is_available(), reason="the device is there")
def test_a_device_that_is_not_there_says_why() -> None:
    with pytest.raises(MeasurementError, match="cuda cannot be kept busy: "):
        BusyDevice("cuda").__enter__()
