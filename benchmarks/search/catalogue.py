"""All problems by name, those whose recordings or packages are missing left out with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path

from benchmarks.search.boards_and_limits import mlperf_problems, zeus_problems
from benchmarks.search.cells_of_networks import ecnas_problems, nb201_problems
from benchmarks.search.engineering import engineering_problems
from benchmarks.search.functions import function_problems
from benchmarks.search.learning_curves import lcbench_problems
from benchmarks.search.problem import Problem
from benchmarks.search.simulated import simulated_problems

# Slow peers run on these alone.
NAMED = (
    "nb201-raspi4-10",
    "nb201-1080ti-10",
    "ecnas-energy-10",
    "lcbench-3945-time",
    "hyperpower-13",
    "hartmann6-constrained",
)


def load_problems(recordings: Path) -> tuple[dict[str, Problem], list[str]]:
    """All problems that can be had, and why others cannot.

    Args:
        recordings: folder of the recorded tables.
    """
    found: list[Problem] = [*simulated_problems(), *function_problems(), *engineering_problems()]
    missing: list[str] = []
    recorded: dict[str, tuple[str, Callable[[Path], Iterable[Problem]]]] = {
        "nb201": ("nb201_hw", nb201_problems),
        "ecnas": ("ecnas", ecnas_problems),
        "mlperf": ("mlperf_power", mlperf_problems),
        "zeus": ("zeus_power", zeus_problems),
        "lcbench": ("yahpo_onnx", lcbench_problems),
    }
    for family, (folder, load) in recorded.items():
        if not (recordings / folder).is_dir():
            missing.append(f"{family}: there is no folder {recordings / folder}; name it by --data")
        elif family == "lcbench" and find_spec("onnxruntime") is None:
            missing.append("lcbench: `onnxruntime` is not installed; pip install onnxruntime")
        else:
            found += load(recordings)
    return {problem.name: problem for problem in found}, missing
