import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from hyperwatt.constraints.errors import DeviceBusyError
from hyperwatt.workers import device_lock
from hyperwatt.workers.device_lock import DeviceLock, lock_of

PATIENCE_S = 5.0


def lock_in(*folders: Path, holder: str = "a test", limit_s: float = 60.0) -> DeviceLock:
    return DeviceLock("GPU-1", folders, holder, limit_s)


def in_thread(target: object) -> threading.Thread:
    """flock belongs to an open file, so threads that open their own stand for processes."""
    thread = threading.Thread(target=target, daemon=True)  # type: ignore[arg-type]
    thread.start()
    return thread


def wait_until_someone_queues(lock: DeviceLock) -> None:
    """Wait until a probe stands in the turnstile."""
    import fcntl

    file = os.open(lock.folders[0] / "turnstile", os.O_RDWR)
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
    lock = lock_in(tmp_path)

    with lock.shared() as one, lock.shared() as other:
        one.yield_to_probes()
        other.yield_to_probes()


def test_a_probe_goes_first_and_alone_and_the_training_goes_on(tmp_path: Path) -> None:
    lock, order = lock_in(tmp_path), []

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
    lock, inside, most = lock_in(tmp_path), [], []

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
    lock, over = lock_in(tmp_path), threading.Event()

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
with DeviceLock("GPU-1", (Path({str(tmp_path)!r}),)).exclusive():
    os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9

    with lock_in(tmp_path).exclusive():
        pass


def test_devices_have_locks_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(device_lock, "_machine_folder", lambda: tmp_path)

    with lock_of("cpu").exclusive(), lock_of("GPU-1").exclusive():
        pass


def test_the_second_of_two_learns_whom_it_waits_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(device_lock, "TELL_AFTER_S", 0.05)
    first, second, told = lock_in(tmp_path, holder="trial 7 of run a"), lock_in(tmp_path), []

    with second.turn() as turn:
        queue = turn.queue_to_probe()
        with first.exclusive():
            told.append(next(queue))
        told.extend(queue)

    assert len(told) == 1
    assert told[0].startswith("trial 7 of run a, since ")


def test_who_waits_too_long_for_one_and_the_same_gives_up_and_says_for_whom(
    tmp_path: Path,
) -> None:
    first = lock_in(tmp_path, holder="trial 7 of run a")

    says = pytest.raises(DeviceBusyError, match=r"GPU-1 .* trial 7 of run a")
    with first.exclusive(), says, lock_in(tmp_path, limit_s=0.05).exclusive():
        pass


def test_a_training_gives_up_too_when_a_probe_never_ends(tmp_path: Path) -> None:
    says = pytest.raises(DeviceBusyError, match="trial 7")
    first, second = lock_in(tmp_path, holder="trial 7"), lock_in(tmp_path, limit_s=0.05)
    with first.exclusive(), says, second.shared():
        pass


def test_two_machines_that_share_only_the_runs_folder_take_turns(tmp_path: Path) -> None:
    here, there = (
        lock_in(tmp_path / "a", tmp_path / "run"),
        lock_in(tmp_path / "b", tmp_path / "run", limit_s=0.05),
    )

    with here.exclusive(), pytest.raises(DeviceBusyError), there.exclusive():
        pass
    with there.exclusive():
        pass


def test_nobody_waits_in_a_circle_over_two_folders(tmp_path: Path) -> None:
    locks = [lock_in(tmp_path / name, tmp_path / "run") for name in "abab"]
    over, probed = threading.Event(), []

    def train(lock: DeviceLock) -> None:
        with lock.shared() as turn:
            while not over.is_set():
                turn.yield_to_probes()
                time.sleep(0.001)

    def probe(lock: DeviceLock) -> None:
        for _ in range(5):
            with lock.exclusive():
                probed.append(1)

    trainings = [in_thread(lambda lock=lock: train(lock)) for lock in locks]
    for thread in [in_thread(lambda lock=lock: probe(lock)) for lock in locks]:
        thread.join(4 * PATIENCE_S)
    over.set()
    for thread in trainings:
        thread.join(PATIENCE_S)

    assert len(probed) == 20


def test_a_folder_whose_file_system_has_no_locks_is_left_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    flock = device_lock.fcntl.flock

    def without(file: int, kind: int) -> None:
        if "store" in os.readlink(f"/proc/self/fd/{file}"):
            raise OSError(95, "not supported")
        flock(file, kind)

    monkeypatch.setattr(device_lock.fcntl, "flock", without)
    first = lock_in(tmp_path / "machine", tmp_path / "store")
    second = lock_in(tmp_path / "machine", limit_s=0.05)
    with first.exclusive(), pytest.raises(DeviceBusyError), second.exclusive():
        pass
