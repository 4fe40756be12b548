import gc
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hyperwatt.constraints.errors import NetworkError
from hyperwatt.constraints.tracing.request import TrainingStep
from hyperwatt.constraints.tracing.tracer import Tracer

pytestmark = pytest.mark.slow  # each starts a process that imports torch

SCRIPT = """
import beside
from torch import nn
from hyperwatt.constraints.tracing.tracer import Tracer

class Mine(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layer = nn.Linear(4, width)

    def forward(self, x):
        return self.layer(x)

def build(config):
    return Mine(config["width"])

with Tracer() as tracer:
    print(tracer.trace(build, {"width": 3}, (4,)).parameters)
    print(tracer.trace(beside.build, {}, (4,)).parameters)
"""


@pytest.fixture(scope="module")
def tracer() -> Iterator[Tracer]:
    with Tracer(time_limit_s=60.0) as tracer:
        yield tracer


def linear() -> Callable[[Any], Any]:
    """Made inside a function, so that it crosses by value as a script's own would."""

    def build(config: Any) -> Any:
        from torch import nn

        return nn.Linear(4, config["width"])

    return build


def worker_of(tracer: Tracer) -> int:
    tracer.start()
    assert tracer._worker is not None
    return tracer._worker.pid


def test_it_traces_what_a_config_says(tracer: Tracer) -> None:
    small, large = (tracer.trace(linear(), {"width": w}, (4,)).parameters for w in (1, 3))

    assert (small, large) == (5, 15)


def test_training_crosses_too(tracer: Tracer) -> None:
    import torch

    step = TrainingStep(lambda parameters: torch.optim.SGD(parameters, lr=0.1), batch_size=3)

    trace = tracer.trace(linear(), {"width": 2}, (4,), training=step)

    assert trace.training is not None
    assert trace.training_batch_size == 3


def test_a_candidate_is_traced_once(tracer: Tracer, tmp_path: Path) -> None:
    log = str(tmp_path / "log")

    def build(config: Any) -> Any:
        from torch import nn

        with open(log, "a") as file:
            file.write("built\n")
        return nn.Linear(4, 2)

    first = tracer.trace(build, {}, (4,), key="a")
    again = tracer.trace(build, {}, (4,), key="a")
    tracer.trace(build, {}, (4,), batch_size=2)
    tracer.trace(build, {}, (4,), batch_size=2)

    assert first == again
    assert Path(log).read_text().count("built") == 2


def test_what_a_network_prints_does_not_disturb(tracer: Tracer) -> None:
    def build(config: Any) -> Any:
        from torch import nn

        print("noise " * 1000, flush=True)
        os.write(1, b"more noise")
        return nn.Linear(4, 2)

    assert tracer.trace(build, {}, (4,)).parameters == 10


def test_an_error_in_the_builder_is_told_with_its_line_and_remembered(tracer: Tracer) -> None:
    def build(config: Any) -> Any:
        raise KeyError("depth")

    for _ in range(2):
        with pytest.raises(NetworkError, match=r"KeyError: 'depth' \(test_tracer.py, line \d+"):
            tracer.trace(build, {}, (4,))


def test_a_crash_is_contained_and_the_next_is_traced(tracer: Tracer) -> None:
    def fault(config: Any) -> Any:
        os.kill(os.getpid(), 11)

    with pytest.raises(NetworkError, match="SIGSEGV"):
        tracer.trace(fault, {}, (4,))

    assert tracer.trace(linear(), {"width": 7}, (4,)).parameters == 35


def test_a_builder_that_exits_is_an_error(tracer: Tracer) -> None:
    def build(config: Any) -> Any:
        sys.exit(2)

    with pytest.raises(NetworkError, match=r"SystemExit\(2\)"):
        tracer.trace(build, {}, (4,))


def test_a_hang_is_ended_and_the_next_is_traced(
    tracer: Tracer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hang(config: Any) -> Any:
        time.sleep(1000)

    pid = worker_of(tracer)
    with monkeypatch.context() as patch:
        patch.setattr(tracer, "_time_limit_s", 0.5)
        with pytest.raises(NetworkError, match=r"more than 0.5 s and was ended.*`time_limit_s`"):
            tracer.trace(hang, {}, (4,))

    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert tracer.trace(linear(), {"width": 1}, (4,)).parameters == 5


def test_threads_share_it(tracer: Tracer) -> None:
    found: dict[int, int] = {}

    def ask(width: int) -> None:
        found[width] = tracer.trace(linear(), {"width": width}, (4,)).parameters

    threads = [threading.Thread(target=ask, args=(width,)) for width in range(20, 28)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert found == {width: 5 * width for width in range(20, 28)}


def test_it_leaves_no_process_when_it_is_closed_or_forgotten() -> None:
    with Tracer() as tracer:
        closed = worker_of(tracer)
    forgotten_tracer = Tracer()
    forgotten = worker_of(forgotten_tracer)
    del forgotten_tracer
    gc.collect()

    for pid in (closed, forgotten):
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_builder_that_holds_a_lock_cannot_be_sent(tracer: Tracer) -> None:
    lock = threading.Lock()

    with pytest.raises(NetworkError, match=r"cannot be sent.*no open file, lock or connection"):
        tracer.trace(lambda config: lock, {}, (4,))


def test_a_script_without_a_main_guard_may_trace_what_is_its_own(tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("from torch import nn\nbuild = lambda c: nn.Linear(4, 2)\n")
    script = tmp_path / "mine.py"
    script.write_text(SCRIPT)

    said = subprocess.run(
        [sys.executable, script], capture_output=True, text=True, check=True, cwd="/"
    )

    assert said.stdout.split() == ["15", "10"]


def test_the_worker_ends_with_its_parent(tmp_path: Path) -> None:
    code = (
        "import os, time\nfrom hyperwatt.constraints.tracing.tracer import Tracer\n"
        "tracer = Tracer(); tracer.start(); print(tracer._worker.pid, flush=True); os._exit(0)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    pid, patience = int(said.stdout), 600
    while Path(f"/proc/{pid}").exists() and patience:
        patience -= 1
        time.sleep(0.1)

    assert patience


@pytest.mark.parametrize("bad", [0, -1.0])
def test_a_time_limit_is_above_zero(bad: float) -> None:
    with pytest.raises(ValueError, match="`time_limit_s` must be above 0"):
        Tracer(time_limit_s=bad)
