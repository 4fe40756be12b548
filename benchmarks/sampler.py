"""What reading a GPU's sensor ten times a second costs a training that runs beside it.

The sensor is the product's, over a stand-in for NVML (a C library built from the tests' source), so
the time that a real driver takes for an answer is not in it. In a sweep it is read in the actor, a
process beside the training; here also in a thread of the training itself, the worst case.

    python -m benchmarks.sampler        writes benchmarks/sampler.md
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from statistics import median

FAKE = Path(__file__).resolve().parents[1] / "tests" / "fake_nvml" / "fake_nvml.py"
PAIRS, BLOCK_S = 40, 1.0


def training() -> Callable[[], object]:
    """A step of a small network, which returns to Python often."""
    import torch
    from torch import nn

    torch.set_num_threads(1)
    network = nn.Sequential(nn.Linear(64, 256), nn.ReLU(), nn.Linear(256, 10))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    x, y = torch.randn(64, 64), torch.randint(10, (64,))

    def step() -> None:
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(x), y).backward()
        optimizer.step()

    return step


def steps_in_block(step: Callable[[], object]) -> int:
    """Steps done in one block of time."""
    end_s, steps = time.perf_counter() + BLOCK_S, 0
    while time.perf_counter() < end_s:
        step()
        steps += 1
    return steps


def measure() -> None:
    """Pairs of blocks with and without a sampler; writes the page."""
    from hyperwatt.workers.meters.cpu import cpu_kind
    from hyperwatt.workers.meters.nvml import Nvml
    from hyperwatt.workers.meters.nvml_sensor import NvmlSensor
    from hyperwatt.workers.meters.sampler import Sampler

    sensor, step = NvmlSensor("GPU-1", Nvml()), training()
    steps_in_block(step)
    begin_s = time.perf_counter()
    for _ in range(1000):
        sensor.read()
    reading_us = (time.perf_counter() - begin_s) * 1e3
    losses = []
    for _ in range(PAIRS):
        counts = []
        for context in (nullcontext(), Sampler(sensor)):
            with context:
                counts.append(steps_in_block(step))
        losses.append(100 * (1 - counts[1] / counts[0]))
    low, high = sorted(losses)[PAIRS // 4], sorted(losses)[-PAIRS // 4]
    share = reading_us * 10 / 1e4
    paragraphs = (
        "# Reading a GPU's sensor beside a training",
        f"{date.today().isoformat()}, {cpu_kind(1).removeprefix('cpu:')}. "
        "`python -m benchmarks.sampler` makes it anew.",
        f"One reading of all that a board tells takes {reading_us:.0f} us over a stand-in for NVML "
        f"(no driver, no GPU): {share:.2f} % of a core at ten a second.\nThe goal is 1 % of a "
        "training's time.",
        "In a thread of the training itself, the worst case, which a sweep avoids, "
        f"{PAIRS} pairs of blocks of {BLOCK_S:g} s\nlost {median(losses):.2f} % of their steps "
        f"in the median (quartiles {low:.2f} to {high:.2f} %), a small network on one thread.",
    )
    text = "\n\n".join(paragraphs) + "\n"
    Path(__file__).with_suffix(".md").write_text(text)
    print(text)


def main() -> None:
    """Build the stand-in and measure in a process that finds it."""
    if "FAKE_NVML" in os.environ:
        measure()
        return
    spec = importlib.util.spec_from_file_location("fake_nvml", FAKE)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["fake_nvml"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    with tempfile.TemporaryDirectory() as folder:
        library = module.build(Path(folder) / "library", shutil.which("cc") or "cc")
        machine = module.FakeNvml(library, Path(folder))
        machine.show(module.Board())
        command = [sys.executable, "-m", "benchmarks.sampler"]
        subprocess.run(command, env=machine.environ, check=True)


if __name__ == "__main__":
    main()
