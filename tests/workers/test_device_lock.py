import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from hyperwatt.workers.device_lock import DeviceLock, lock_of

PATIENCE_S = 5.0


def in_thread(target: object) -> threading.Thread:
    """flock belongs to an open file, so threads that open their own stand for processes."""
    thread = threading.Thread(target=target, daemon=True)  # type: ignore[arg-type]
    thread.start()
    return thread


def wait_until_someone_queues(lock: DeviceLock) -> None:
    """Wait until a probe stands in the turnstile."""
    import fcntl

    file = os.open(lock.folder / "turnstile", os.O_RDWR)
    end_s = time.monotonic() + PATIENCE_S
    try:
        while time.monotonic() < end_s:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            fcntl.flock(file, fcntl.LOCK_UN)
            time.sleep(0.001)
    finally:
        os.close(file)
    pytest.fail("no probe queued")


def test_many_train_at_once(tmp_path: Path) -> None:
    lock = DeviceLock(tmp_path)

    with lock.shared() as one, lock.shared() as other:
        one.yield_to_probes()
        other.yield_to_probes()


def test_a_probe_goes_first_and_alone_and_the_training_goes_on(tmp_path: Path) -> None:
    lock, order = DeviceLock(tmp_path), []

    def probe() -> None:
        with lock.exclusive():
            order.append("probe begins")
            time.sleep(0.02)
            order.append("probe ends")

    with lock.shared() as share:
        thread = in_thread(probe)
        wait_until_someone_queues(lock)
        order.append("step")
        share.yield_to_probes()
        order.append("step")
    thread.join(PATIENCE_S)

    assert order == ["step", "probe begins", "probe ends", "step"]


def test_probes_do_not_overlap(tmp_path: Path) -> None:
    lock, inside, most = DeviceLock(tmp_path), [], []

    def probe() -> None:
        for _ in range(20):
            with lock.exclusive():
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    for thread in [in_thread(probe) for _ in range(4)]:
        thread.join(PATIENCE_S)

    assert set(most) == {1}
    assert len(most) == 80


def test_a_probe_is_not_starved_by_those_who_train(tmp_path: Path) -> None:
    lock, over = DeviceLock(tmp_path), threading.Event()

    def train() -> None:
        with lock.shared() as share:
            while not over.is_set():
                share.yield_to_probes()

    threads = [in_thread(train) for _ in range(3)]
    begin_s = time.monotonic()
    for _ in range(10):
        with lock.exclusive():
            pass
    waited_s = time.monotonic() - begin_s
    over.set()
    for thread in threads:
        thread.join(PATIENCE_S)

    assert waited_s < PATIENCE_S


def test_who_dies_lets_go(tmp_path: Path) -> None:
    code = f"""
import os, sys
from pathlib import Path
from hyperwatt.workers.device_lock import DeviceLock
with DeviceLock(Path({str(tmp_path)!r})).exclusive():
    os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9

    with DeviceLock(tmp_path).exclusive():
        pass


def test_yielding_to_nobody_costs_microseconds(tmp_path: Path) -> None:
    with DeviceLock(tmp_path).shared() as share:
        times_s = []
        for _ in range(200):
            begin_s = time.perf_counter()
            share.yield_to_probes()
            times_s.append(time.perf_counter() - begin_s)

    assert sorted(times_s)[100] < 100e-6


def test_devices_have_locks_of_their_own(tmp_path: Path) -> None:
    with lock_of("cpu", tmp_path).exclusive(), lock_of("GPU-1", tmp_path).exclusive():
        pass
