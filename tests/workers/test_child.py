import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from hyperwatt.workers.child import Child
from hyperwatt.workers.messages import is_end

pytestmark = pytest.mark.slow  # the first child starts the server, which imports torch

FACTORY = '''
import ctypes, os, signal, sys, time
from pathlib import Path

class Scripted:
    """Does what the dispatch tells it: `say` n messages, then `end` so."""

    def __init__(self, workload):
        self.folder = Path(workload["folder"])

    def run(self, dispatch):
        for epoch in range(1, dispatch.get("say", 0) + 1):
            (self.folder / "epoch").write_text(str(epoch))
            yield {"event": "reported", "epoch": epoch}
        how = dispatch["end"]
        if how == "raise":
            raise ValueError("odd")
        if how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if how == "segfault":
            ctypes.string_at(0)
        if how == "exit":
            os._exit(3)
        if how == "devour":
            eaten = []
            while True:
                eaten.append(bytearray(os.urandom(1) * (1 << 24)))
        if how == "hang":
            time.sleep(1000)
        if how == "nan":
            yield {"event": "reported", "metrics": {"error": float("nan")}}
        if how == "environment":
            yield {"event": "completed", "metrics": {}, "threads": os.environ["OMP_NUM_THREADS"]}
        if how != "nothing":
            yield {"event": "completed", "metrics": {}}
'''


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Child]]:
    (tmp_path / "scripted_workload.py").write_text(FACTORY)
    monkeypatch.syspath_prepend(str(tmp_path))
    children = []

    def start_child(**dispatch: Any) -> Child:
        workload = {"factory": "scripted_workload:Scripted", "folder": str(tmp_path)}
        children.append(Child.start(workload, dispatch))
        return children[-1]

    yield start_child
    for child in children:
        child.stop()


def all_of(child: Child, timeout_s: float = 60.0) -> list[dict[str, Any]]:
    said = [child.next_message(timeout_s)]
    while not is_end(said[-1]):
        said.append(child.next_message(timeout_s))
    return said


def is_gone(pid: int, patience_s: float = 5.0) -> bool:
    end_s = time.monotonic() + patience_s
    while time.monotonic() < end_s:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.01)
    return False


def test_messages_come_in_order(start: Callable[..., Child]) -> None:
    said = all_of(start(say=20, end="well"))

    assert [message.get("epoch") for message in said] == [*range(1, 21), None]


@pytest.mark.parametrize(
    ("end", "reason", "says"),
    [
        ("raise", "exception", "ValueError: odd"),
        ("kill", "killed", "ended by SIGKILL"),
        ("segfault", "killed", "SIGSEGV"),
        ("exit", "killed", "exit code 3 without a word"),
        ("nan", "exception", "not JSON compliant"),
        ("nothing", "exception", "without saying how the trial ended"),
    ],
)
def test_however_a_trial_dies_the_worker_says_how(
    start: Callable[..., Child], end: str, reason: str, says: str
) -> None:
    said = all_of(start(say=2, end=end))

    assert [message["event"] for message in said] == ["reported", "reported", "failed"]
    assert said[-1]["reason"] == reason
    assert says in said[-1]["message"]


def test_an_exception_brings_its_traceback(start: Callable[..., Child]) -> None:
    assert 'raise ValueError("odd")' in all_of(start(end="raise"))[-1]["traceback"]


def test_silence_is_a_hang_and_ends_the_process(start: Callable[..., Child]) -> None:
    child = start(say=1, end="hang")
    child.next_message(60.0)

    assert child.next_message(0.2)["reason"] == "hang"
    assert is_gone(child.pid)


def test_a_stopped_child_is_gone_at_once(start: Callable[..., Child]) -> None:
    child = start(say=1, end="hang")
    child.next_message(60.0)
    begin_s = time.monotonic()

    child.stop()

    assert is_gone(child.pid)
    assert time.monotonic() - begin_s < 1.0


def test_stopping_twice_does_no_harm(start: Callable[..., Child]) -> None:
    child = start(end="well")
    child.stop()

    child.stop()


def test_a_trial_nobody_listens_to_stands_still(
    start: Callable[..., Child], tmp_path: Path
) -> None:
    child = start(say=50, end="well")
    child.next_message(60.0)
    time.sleep(0.3)

    # one message was taken, the second lies in the pipe, the third waits to be sent
    assert int((tmp_path / "epoch").read_text()) <= 3


def test_the_second_child_starts_in_well_under_a_third_of_a_second(
    start: Callable[..., Child],
) -> None:
    all_of(start(end="well"))
    times_s = []
    for _ in range(3):
        begin_s = time.perf_counter()
        all_of(start(end="well"))
        times_s.append(time.perf_counter() - begin_s)

    assert min(times_s) < 0.3


def test_threads_of_native_libraries_are_limited(start: Callable[..., Child]) -> None:
    before = os.environ.get("OMP_NUM_THREADS")

    assert all_of(start(end="environment"))[-1]["threads"].isdigit()
    assert os.environ.get("OMP_NUM_THREADS") == before


def test_a_child_ends_with_its_parent(tmp_path: Path) -> None:
    (tmp_path / "scripted_workload.py").write_text(FACTORY)
    script = tmp_path / "parent.py"
    script.write_text(
        "import json, os\n"
        "from hyperwatt.workers.child import Child\n"
        "if __name__ == '__main__':\n"
        "    workload = {'factory': 'scripted_workload:Scripted', 'folder': '.'}\n"
        "    child = Child.start(workload, {'say': 1, 'end': 'hang'})\n"
        "    child.next_message(60.0)\n"
        "    print(json.dumps(child.pid), flush=True)\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, str(script)], cwd=tmp_path, stdout=subprocess.PIPE, check=False
    )

    assert done.returncode == -9
    assert is_gone(json.loads(done.stdout))


@pytest.fixture
def small_group() -> Iterator[Path]:
    """A memory control group of version 1 that this process is moved into for the test."""
    root = Path("/sys/fs/cgroup/memory")
    group = root / f"hyperwatt-test-{os.getpid()}"
    lines = Path("/proc/self/cgroup").read_text().splitlines() if root.exists() else []
    own = [line.split(":", 2)[2] for line in lines if line.split(":")[1] == "memory"]
    try:
        group.mkdir()
    except OSError as error:
        pytest.skip(f"no control group of memory can be made here: {error}")
    try:
        yield group
    finally:
        home = root / own[0].lstrip("/") / "cgroup.procs"
        end_s = time.monotonic() + 20
        while group.exists() and time.monotonic() < end_s:
            for process in (group / "cgroup.procs").read_text().split():
                with suppress(OSError):  # it has just ended
                    home.write_text(process)
            with suppress(OSError):  # somebody is still on the way out
                group.rmdir()
            time.sleep(0.05)


def test_who_is_killed_by_the_kernel_because_memory_ran_out_is_infeasible_and_the_next_one_works(
    start: Callable[..., Child], small_group: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (small_group / "cgroup.procs").write_text(str(os.getpid()))
    devourer = start(end="devour", bounded=["latency_s", "train_memory_bytes"])
    (small_group / "cgroup.procs").write_text(str(devourer.pid))
    used = int((small_group / "memory.usage_in_bytes").read_text())
    # twice what this process may have grown to after all other tests, or the kernel would take it
    (small_group / "memory.limit_in_bytes").write_text(str(used + (1 << 31)))

    end = devourer.next_message(60)

    assert (end["event"], end["reason"]) == ("infeasible", "out of memory")
    assert end["metrics"] == ["train_memory_bytes"]
    assert "the kernel" in end["message"]
    assert start(end="well").next_message(60)["event"] == "completed"
