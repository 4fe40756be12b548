"""A whole sweep on the device, with Ray, under budgets that cut its space.

The budgets are medians of what the profile measured. The images are made up, so that errors say
nothing; what counts is that every trial ends, and that a network inside its budget is named.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from .chunk import Bench, Finding, done, shown
from .measured_network import values_of
from .profile import PROFILE
from .random_networks import raw_spec

PIECE = "hw-ieci on the space of hyperpower-mnist"
NEEDS = {"ray": "ray", "skopt": "scikit-optimize"}  # modules, and the packages that hold them
LEAST = 6  # measured networks to take a median of
BUDGETS = {
    "power_w": ("power", "W"),
    "memory_bytes": ("memory", "B"),
    "latency_s": ("latency", "s"),
}
SIZES = {"profile": 6, "trials": 5, "epochs": 2, "images": 4000}
QUICK_SIZES = {"profile": 6, "trials": 2, "epochs": 1, "images": 200}
QUICK_PROBE = {"batch_size": 4, "min_time": "20 ms", "max_time": "100 ms"}
LIMIT_S = 460.0
ENDED = {0: "a network inside the budget", 1: "no network inside the budget"}  # by exit code
LINES = 60  # of the end of what the command said


class RealSweep:
    """See `Chunk`."""

    name = "sweep"
    title = "A sweep under budgets, with Ray"

    def hindrance(self, bench: Bench) -> str:
        """Packages and a profile are needed."""
        lacking = [package for module, package in NEEDS.items() if find_spec(module) is None]
        if lacking:
            return f"{' and '.join(lacking)} cannot be imported; `pip install` what is lacking"
        if len(budgets_of(bench)) < 2:
            return "fewer than two costs are known to set budgets; the profile comes first"
        return ""

    def pieces(self, bench: Bench) -> Sequence[str]:
        """One."""
        return (PIECE,)

    def run(self, bench: Bench, piece: str) -> dict[str, Any]:
        """Run it through the command line, and read its folder."""
        folder = bench.scratch / "sweep"
        shutil.rmtree(folder, ignore_errors=True)
        path = bench.scratch / "sweep.yaml"
        path.write_text(yaml.safe_dump(spec_of(bench), sort_keys=False))
        command = [sys.executable, "-m", "hyperwatt.experiments", "run", str(path)]
        said = subprocess.run(
            [*command, "--dir", str(folder)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S,
            check=False,
        )  # fmt: skip
        lines = said.stdout.splitlines()[-LINES:]
        if said.returncode not in ENDED:
            raise RuntimeError(f"exit code {said.returncode}: {' '.join(lines)[-500:]}")
        return {
            "exit_code": said.returncode,
            "budget": budgets_of(bench),
            "said": lines,
            **_journal(folder / "journal.jsonl"),
        }

    def findings(self, bench: Bench) -> list[Finding]:
        """How it ended."""
        pieces = done(bench, self).values()
        return [finding for piece in pieces for finding in _findings(bench, piece)]


def budgets_of(bench: Bench) -> dict[str, float]:
    """The median of two costs of MNIST's space: power and memory, or what there is."""
    found: dict[str, float] = {}
    for metric in BUDGETS:
        pieces = done(bench, PROFILE).values()
        known = [values_of(p, metric) for p in pieces if p["subject"]["group"] == "mnist"]
        values = [value.value for value in known if value is not None]
        if len(values) >= LEAST and len(found) < 2:
            found[metric] = float(f"{np.median(values):.4g}")
    return found


def spec_of(bench: Bench) -> dict[str, Any]:
    """The bundled spec, made small and put on this device."""
    sizes = QUICK_SIZES if bench.quick else SIZES
    spec = raw_spec("mnist")
    budget = {BUDGETS[m][0]: f"{value} {BUDGETS[m][1]}" for m, value in budgets_of(bench).items()}
    task = {**spec["task"], "generated": True, "root": str(bench.scratch / "data"),
            "train_images": sizes["images"]}  # fmt: skip
    probe = QUICK_PROBE if bench.quick else spec["probe"]
    return {
        **spec,
        "name": "gpu-check",
        "task": task,
        "device": bench.device,
        "budget": budget,
        "probe": probe,
        "profile": {"candidates": sizes["profile"]},
        "limits": {**spec["limits"], "trials": sizes["trials"]},
        "training": {**spec["training"], "epochs": sizes["epochs"]},
        "confirm": {"best": 1, "remeasure": 0},
        "resources": {"cpu": 1, "gpu": 1} if bench.device == "cuda" else {"cpu": 1},
    }


def _journal(path: Path) -> dict[str, Any]:
    """How many events of each kind are in a journal, and how probes were attributed."""
    if not path.is_file():
        return {"events": {}, "attributions": {}}
    events: dict[str, int] = {}
    attributions: dict[str, int] = {}
    for line in path.read_text().splitlines():
        row = json.loads(line)
        if "event" in row:
            events[row["event"]] = events.get(row["event"], 0) + 1
        for kind in _attributions(row):
            attributions[kind] = attributions.get(kind, 0) + 1
    return {"events": events, "attributions": attributions}


def _attributions(row: Any) -> list[str]:
    """Of all measurements inside a row."""
    if isinstance(row, dict):
        own = [str(row["attribution"])] if "attribution" in row else []
        return own + [kind for value in row.values() for kind in _attributions(value)]
    return [kind for value in row for kind in _attributions(value)] if isinstance(row, list) else []


def _findings(bench: Bench, piece: dict[str, Any]) -> list[Finding]:
    budget = ", ".join(
        f"{metric} of {shown(metric, value)}" for metric, value in piece["budget"].items()
    )
    events = ", ".join(f"{count} {name}" for name, count in piece["events"].items())
    code = piece["exit_code"]
    attributed = ", ".join(f"{count} {name}" for name, count in piece["attributions"].items())
    return [
        Finding(
            f"found, under {budget}", ENDED[code], ENDED[0], code == 0 if bench.telling else None
        ),
        Finding("events of its journal", events),
        Finding("attribution of its measurements", attributed),
    ]
