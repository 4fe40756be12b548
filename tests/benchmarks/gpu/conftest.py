"""The benchmarks are in no installed package; they are imported from the checkout."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

ABOUT = {"date": "2026-01-01", "versions": {}, "device_kind": "cuda:Toy"}


@pytest.fixture
def bench(tmp_path: Path) -> Callable[..., Any]:
    """Makes a bench over one record in a temporary folder, read anew from its file each time."""
    from benchmarks.gpu.chunk import Bench
    from benchmarks.gpu.record import Record

    def make(device: str = "cuda", *, quick: bool = False) -> Bench:
        about = {**ABOUT, "device": device, "quick": quick}
        record = Record.open(tmp_path / "results" / "record.json", about)
        return Bench(device, quick, record, tmp_path, {})

    return make


@pytest.fixture
def network() -> Callable[..., dict[str, Any]]:
    """Makes the piece of a measured network."""
    return measured_network


def measured_network(name: str, group: str, **values: float) -> dict[str, Any]:
    """A piece as the record holds it."""
    measured = {
        metric: {"metric": metric, "value": value, "standard_error": 0.0, "samples": 5,
                 "method": "toy", "device": "cuda:Toy", "attribution": "exclusive", "flags": [],
                 "noted": {}}
        for metric, value in values.items()
    }  # fmt: skip
    subject = {"name": name, "group": group, "network": {}, "input_shape": [1, 8, 8],
               "classes": 10, "batch_size": 4, "candidate": {}}  # fmt: skip
    return {"subject": subject, "measured": measured, "absent": {}, "took_s": 1.0,
            "end": {"event": "completed"}}  # fmt: skip
