"""A small recorded table for tests: 192 made-up candidates with a curve of two epochs."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pandas as pd
import yaml

from hyperwatt.experiments.spec import Spec
from hyperwatt.experiments.spec_files import load_spec

OPS = ("conv", "pool", "skip", "none")


def write_table(folder: Path) -> Path:
    """Power grows with the size and error falls with it, so that a budget costs accuracy."""
    rows = []
    for layers, units, op in product(
        range(1, 5), range(10, 121, 10), ("conv", "pool", "skip", "none")
    ):
        size = layers * units
        bonus = {"conv": 0.1, "pool": 0.05, "skip": 0.02, "none": -0.6}[op]
        accuracy = max(0.1, 0.8 + bonus - 30.0 / size - 0.001 * abs(units - 60))
        rows.append({
            "layers": layers, "units": units, "op": op,
            "watts": 60.0 + 0.2 * size + (10.0 if op == "conv" else 0.0),
            "accuracy_half": 100 * max(0.1, accuracy - 0.05), "accuracy": 100 * accuracy,
            "half_s": 50.0 + size, "full_s": 120.0 + 2.5 * size,
        })  # fmt: skip
    path = folder / "cells.csv"
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def table_spec(folder: Path, *settings: str) -> Spec:
    """A spec that searches the table, read from a file as a user's would be."""
    sections = {
        "name": "cells",
        "table": {
            "path": str(write_table(folder)),
            "costs": {"power": {"column": "watts"}},
            "probe_time": "10 s",
            "chance_error": 0.9,
            "epochs": [
                _epoch(2, "half_s", "accuracy_half"),
                _epoch(4, "full_s", "accuracy"),
            ],
        },
        "space": {
            "layers": {"type": "int", "low": 1, "high": 4},
            "units": {"type": "choice", "values": list(range(10, 121, 10)), "ordered": True},
            "op": {"type": "choice", "values": list(OPS)},
        },
        "budget": {"power": "75 W"},
        "profile": {"candidates": 12},
        "limits": {"trials": 8, "wall_clock": "2 h"},
        "early_stopping": {"chance_level": {"after_epochs": 2}},
        "confirm": {"best": 1, "remeasure": 0},
    }  # fmt: skip
    path = folder / "cells.yaml"
    path.write_text(yaml.safe_dump(sections))
    return load_spec(str(path), settings)


def _epoch(epoch: int, time: str, accuracy: str) -> dict[str, object]:
    error = {"column": accuracy, "scale": -0.01, "offset": 1.0}
    return {"epoch": epoch, "time": {"column": time}, "metrics": {"error": error}}
