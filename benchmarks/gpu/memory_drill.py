"""A network that cannot fit ends infeasible, and the next trial finds a clean device.

By the sweep's own trial (`TorchWorkload`) in the worker's child. One convolution gives more than
the device's whole memory, so that it fails at once, whatever else is loaded.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

from hyperwatt.workers.provision import prepare_task

from .check_counter import open_sensor
from .chunk import Bench, Finding, done
from .measured_network import said_by

PIECE = "too large, then small"
BATCH = 1024
PIXELS, FLOAT_BYTES = 28 * 28, 4
TOO_MUCH = 1.5  # times the device's memory; less than the memory itself may fit beside a swap
LEFT_BYTES = 64e6  # by which memory in use may differ afterwards; a context holds 300 MB and more
SMALL = {"conv_layers": 1, "conv1_features": 8, "fc_layers": 0}
METRICS = ("latency_s", "memory_bytes")


class MemoryDrill:
    """See `Chunk`."""

    name = "memory-drill"
    title = "A network that cannot fit, and the trial after it"

    def hindrance(self, bench: Bench) -> str:
        """A simulated device runs out of no memory."""
        return "a simulated device has no memory to run out of" if bench.simulated else ""

    def pieces(self, bench: Bench) -> Sequence[str]:
        """One."""
        return (PIECE,)

    def run(self, bench: Bench, piece: str) -> dict[str, Any]:
        """A small trial, the drill, and the small trial again."""
        workload = workload_of(bench)
        prepare_task(workload["task"])
        ends, used, memory = {}, {}, []
        candidates = {"before": SMALL, "too large": too_large(bench), "after": SMALL}
        for name, candidate in candidates.items():
            said = list(said_by(workload, _dispatch(name, candidate)))
            ends[name] = {key: str(value)[:300] for key, value in said[-1].items()}
            used[name] = _used_bytes(bench)
            memory += [m["value"] for message in said for m in message.get("measurements", ())
                       if m["metric"] == "memory_bytes"]  # fmt: skip
        return {"ends": ends, "used_bytes": used, "memory_bytes": memory}

    def findings(self, bench: Bench) -> list[Finding]:
        """How each trial ended, and what was left on the device."""
        return [finding for piece in done(bench, self).values() for finding in _findings(piece)]


def workload_of(bench: Bench) -> dict[str, Any]:
    """A sweep's workload on made-up images in MNIST's format."""
    task = {
        "name": "mnist",
        "root": str(bench.scratch / "data"),
        "download": False,
        "generated": True,
        "train_images": 2048,
        "validation_share": 0.2,
        "seed": 0,
    }
    return {
        "task": task,
        "network": {"name": "cnn", "fixed": {}},
        "epochs": 1,
        "batch_size": 64,
        "device": bench.device,
        "threads": 1,
        "probe": {"batch_size": BATCH, "min_time_s": 0.05, "max_time_s": 0.5,
                  "target_relative_error": 0.05},
        "checkpoints": str(bench.scratch / "checkpoints"),
    }  # fmt: skip


def too_large(bench: Bench) -> dict[str, Any]:
    """A network of which one layer's output is larger than the device."""
    total = bench.facts.get("memory_bytes") or _main_memory_bytes()
    features = math.ceil(TOO_MUCH * total / (BATCH * PIXELS * FLOAT_BYTES))
    return {**SMALL, "conv1_features": features}


def _dispatch(name: str, candidate: dict[str, Any]) -> dict[str, Any]:
    return {"trial_id": name.replace(" ", "-"), "purpose": "profile", "candidate": candidate,
            "seed": 0, "metrics": list(METRICS), "bounded": ["memory_bytes"]}  # fmt: skip


def _main_memory_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _used_bytes(bench: Bench) -> int | None:
    """Of the GPU's memory, by all processes."""
    return open_sensor(bench.device).read().used_bytes if bench.device == "cuda" else None


def _findings(piece: dict[str, Any]) -> list[Finding]:
    ends, used = piece["ends"], piece["used_bytes"]
    large = ends["too large"]
    found = [
        Finding("the network that cannot fit", f"{large['event']}: {large.get('reason', '')}",
                "infeasible: out of memory",
                large["event"] == "infeasible" and large.get("reason") == "out of memory"),
        Finding("the next trial", ends["after"]["event"], "completed",
                ends["after"]["event"] == "completed"),
    ]  # fmt: skip
    if used["before"] is not None and used["after"] is not None:
        left = used["too large"] - used["before"]
        found.append(
            Finding("memory left in use by it", f"{left / 1e6:.1f} MB", "none",
                    abs(left) <= LEFT_BYTES)
        )  # fmt: skip
    return found
