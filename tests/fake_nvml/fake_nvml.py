"""NVIDIA GPUs that are not there: a C library that answers NVML's calls by a script.

NVIDIA's own binding loads it in a child process, as the loader reads its path at the start of a
process. What the boards show is a file, read anew at each call:

    fake_nvml.show(Board(power=((0.0, 100.0), (10.0, 300.0))))   # rises; linear between the points
    fake_nvml.at(5.0)                                           # without it, real time passes
    assert fake_nvml.run(shown_w, "GPU-1") == 200.0

where `shown_w(fake_nvml, uuid)` is a function of the test. Its source is run in the child, so it
imports what it needs itself (also `from fake_nvml import Board`); what it takes must go through
JSON, what it gives comes as JSON has it (a dataclass as a dict); a MeasurementError that it raises
is raised here again. It has the same object, to move the time or change the boards.

A meter runs in no real time with `clock=fake.clock, sleep=fake.sleep, watch=fake.watch` and a step
that does `fake.sleep(0.05)`, after `fake.at(0.0)` stopped the clock.

Other programs run over the boards with `environ`:

    subprocess.run([sys.executable, "-m", "hyperwatt.experiments", "doctor"], env=fake_nvml.environ)
"""

from __future__ import annotations

import inspect
import json
import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).with_suffix(".c")
SONAME = "libnvidia-ml.so.1"
SCOPES = {"gpu": 0, "module": 1, "memory": 2}
FOREVER = 1_000_000_000
LIMIT_S = 60
TICK_S = 0.1

Curve = Sequence[tuple[float, float]]  # time in s, power in W; twice the same time is a jump


@dataclass(frozen=True)
class Fault:
    """A call that answers an error.

    Attributes:
        call: the C function, or `*`.
        code: NVML's.
        after: so many calls are answered before.
        times: so many calls fail, then it answers again.
    """

    call: str
    code: int
    after: int = 0
    times: int = FOREVER


@dataclass(frozen=True)
class Process:
    """Someone who computes.

    Attributes:
        pid: of the host.
        sm_percent: share of the time.
        at_s: when that was last sampled; None: now, whenever that is.
    """

    pid: int
    sm_percent: int
    at_s: float | None = None


@dataclass(frozen=True)
class Slice:
    """A MIG slice."""

    uuid: str
    gpu_instance: int
    compute_instance: int = 0


@dataclass(frozen=True)
class Board:
    """One GPU; boards stand in the order of NVML.

    Attributes:
        power: as it is shown.
        counter: what the energy counter adds up, if that is another: 0 W is a frozen counter.
        average_s: of the older call.
        step_s: of the counter.
        reset_s: when the counter begins anew; 0 for never.
        scopes: for which field 186 tells power.
        architecture: 5 Volta, 6 Turing, 7 Ampere, 8 Ada, 9 Hopper, 10 Blackwell.
        reasons: bits of why the clock is held back.
        compute_mode: 0 default, 2 prohibited, 3 exclusive.
        faults: of calls on this board.
    """

    uuid: str = "GPU-1"
    name: str = "NVIDIA H100 80GB HBM3"
    power: Curve = ((0.0, 200.0),)
    counter: Curve = ()
    average_s: float = 1.0
    step_s: float = 0.1
    reset_s: float = 0.0
    limit_w: float = 700.0
    scopes: tuple[str, ...] = ("gpu", "memory")
    architecture: int = 9
    temperature_c: int = 45
    clock_mhz: int = 1980
    reasons: int = 0
    total_bytes: int = 80 << 30
    used_bytes: int = 1 << 30
    compute_mode: int = 0
    processes: Sequence[Process] = ()
    slices: Sequence[Slice] = ()
    faults: Sequence[Fault] = ()

    def lines(self) -> list[str]:
        """As the library reads it."""
        plain = ("uuid", "name", "average_s", "step_s", "reset_s", "architecture")
        plain += ("temperature_c", "clock_mhz", "reasons", "total_bytes", "used_bytes")
        return [
            "board",
            *(f"{word} {getattr(self, word)}" for word in plain),
            f"limit_mw {round(self.limit_w * 1e3)}",
            f"scopes {sum(1 << SCOPES[scope] for scope in self.scopes)}",
            f"mode {self.compute_mode}",
            f"mig {int(bool(self.slices))}",
            *(f"power {t!r} {w!r}" for t, w in self.power),
            *(f"counter {t!r} {w!r}" for t, w in self.counter),
            *(f"slice {s.uuid} {s.gpu_instance} {s.compute_instance}" for s in self.slices),
            *(
                f"process {p.pid} {p.sm_percent} {-1 if p.at_s is None else p.at_s}"
                for p in self.processes
            ),
            *_fault_lines(self.faults),
        ]


@dataclass
class FakeNvml:
    """What the boards of a test show.

    Attributes:
        library: folder of the built library.
        folder: of the state; its own for each test.
        generation: how often the state was written; calls are counted anew with each.
        start_s: when the boards' time began, if it is not stopped.
        watchers: who reads while time passes.
    """

    library: Path
    folder: Path
    generation: int = 0
    start_s: float = field(default_factory=time.monotonic)
    watchers: list[SteppedSampler] = field(default_factory=list)

    def show(self, *boards: Board, faults: Sequence[Fault] = (), driver: str = "550.54.15") -> None:
        """Put boards into the machine instead of those before.

        Args:
            boards: in the order of NVML.
            faults: of calls on no board (`nvmlInitWithFlags`), or on all.
            driver: its version.
        """
        self.generation += 1
        head = [f"generation {self.generation}", f"start_s {self.start_s!r}", f"driver {driver}"]
        lines = [*head, *_fault_lines(faults), *(line for b in boards for line in b.lines())]
        self._write("state", "\n".join(lines) + "\n")

    def at(self, now_s: float) -> None:
        """Stop the clock of the boards at a time."""
        self._write("now", repr(now_s))

    def clock(self) -> float:
        """The time of the boards, in s."""
        now = self.folder / "now"
        return float(now.read_text()) if now.exists() else time.monotonic() - self.start_s

    def sleep(self, duration_s: float) -> None:
        """Let time pass on a clock that was stopped; those who watch read meanwhile."""
        end_s = self.clock() + duration_s
        while (now_s := self.clock()) < end_s - 1e-9:
            self.at(min(now_s + TICK_S, end_s))
            for watcher in self.watchers:
                watcher.read_now()

    def watch(self, sensor: Any) -> SteppedSampler:
        """Stands in for a `Sampler`, on a clock that was stopped."""
        return SteppedSampler(self, sensor)

    @property
    def environ(self) -> dict[str, str]:
        """Of a process that shall see the boards; a real GPU's variables are left out."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("CUDA_")}
        path = os.pathsep.join([str(self.library), *filter(None, [kept.get("LD_LIBRARY_PATH")])])
        return {**kept, "LD_LIBRARY_PATH": path, "FAKE_NVML": str(self.folder)}

    def run(self, body: Callable[..., Any], *arguments: Any) -> Any:
        """What a function gives in a process that sees the boards; see the head of this file."""
        told = {
            "module": __file__,
            "fake": [str(self.library), str(self.folder), self.generation, self.start_s],
            "source": textwrap.dedent(inspect.getsource(body)),
            "name": body.__name__,
            "arguments": arguments,
        }
        done = subprocess.run(
            [sys.executable, "-c", _CHILD],
            input=json.dumps(told),
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        answer = json.loads(done.stdout.splitlines()[-1])
        if "refused" in answer:
            from hyperwatt.constraints.errors import MeasurementError

            raise MeasurementError(answer["refused"])
        return answer["given"]

    def _write(self, name: str, text: str) -> None:
        partial = self.folder / f"{name}.partial"
        partial.write_text(text)
        partial.replace(self.folder / name)


class SteppedSampler:
    """Reads a sensor at each tick of the boards' clock, in no thread."""

    def __init__(self, fake: FakeNvml, sensor: Any) -> None:
        self._fake, self._sensor, self._readings = fake, sensor, []
        self.fault = ""

    def __enter__(self) -> SteppedSampler:
        self._fake.watchers.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        self._fake.watchers.remove(self)

    def read_now(self) -> Any:
        self._readings.append(self._sensor.read())
        return self._readings[-1]

    def readings(self) -> tuple[Any, ...]:
        return tuple(self._readings)


_CHILD = """
import importlib.util, json, sys
from dataclasses import asdict, is_dataclass
from pathlib import Path
from hyperwatt.constraints.errors import MeasurementError

told = json.load(sys.stdin)
spec = importlib.util.spec_from_file_location("fake_nvml", told["module"])
module = sys.modules["fake_nvml"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
library, folder, *rest = told["fake"]
fake = module.FakeNvml(Path(library), Path(folder), *rest)
names = {}
exec("from __future__ import annotations\\n" + told["source"], names)
try:
    answer = {"given": names[told["name"]](fake, *told["arguments"])}
except MeasurementError as error:
    answer = {"refused": str(error)}
plain = lambda value: asdict(value) if is_dataclass(value) else sorted(value)
print(json.dumps(answer, default=plain))
"""


def build(folder: Path, compiler: str, without: Sequence[str] = ()) -> Path:
    """Build the library; the folder that it is in.

    Args:
        folder: to build in.
        compiler: of C.
        without: functions that an old driver lacks.
    """
    folder.mkdir(parents=True, exist_ok=True)
    hidden = [f"-D{function}=no_{function}" for function in without]
    how = [compiler, "-O1", "-shared", "-fPIC", f"-Wl,-soname,{SONAME}", *hidden]
    subprocess.run([*how, "-o", str(folder / SONAME), str(SOURCE), "-lm"], check=True)
    return folder


def _fault_lines(faults: Sequence[Fault]) -> list[str]:
    return [f"fault {f.call} {f.code} {f.after} {f.times}" for f in faults]
