from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.gpu.chunk import Bench
from benchmarks.gpu.memory_drill import BATCH, PIECE, MemoryDrill, too_large

COMPLETED = {"event": "completed"}
OUT = {"event": "infeasible", "reason": "out of memory"}


def reached(here: Bench, large: dict[str, str], after: dict[str, str], left: int) -> list[Any]:
    piece = {
        "ends": {"before": COMPLETED, "too large": large, "after": after},
        "used_bytes": {"before": 10**9, "too large": 10**9 + left, "after": 10**9},
    }
    here.record.put(MemoryDrill.name, PIECE, {**piece, "took_s": 1.0})
    return [finding.reached for finding in MemoryDrill().findings(here)]


@pytest.mark.parametrize(
    ("large", "after", "left", "expected"),
    [
        (OUT, COMPLETED, 0, [True, True, True]),
        ({"event": "failed", "reason": "exception"}, COMPLETED, 0, [False, True, True]),
        ({"event": "infeasible", "reason": "budget"}, COMPLETED, 0, [False, True, True]),
        (OUT, OUT, 0, [True, False, True]),
        (OUT, COMPLETED, 300_000_000, [True, True, False]),
    ],
)
def test_each_part_of_the_drill_is_judged(
    bench: Callable[..., Bench],
    large: dict[str, str],
    after: dict[str, str],
    left: int,
    expected: list[bool],
) -> None:
    assert reached(bench(), large, after, left) == expected


def test_one_layer_gives_more_than_the_device_holds(bench: Callable[..., Bench]) -> None:
    here = bench()
    total_bytes = 141_000_000_000
    config = too_large(type(here)(here.device, False, here.record, here.scratch,
                                  {"memory_bytes": total_bytes}))  # fmt: skip

    assert BATCH * config["conv1_features"] * 28 * 28 * 4 > total_bytes
