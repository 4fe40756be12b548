from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.gpu.__main__ import CHUNKS
from benchmarks.gpu.chunk import Bench
from benchmarks.gpu.page import page

Network = Callable[..., dict[str, Any]]


def test_every_chunk_has_one_section_and_says_when_it_was_not_run(
    bench: Callable[..., Bench],
) -> None:
    text = page(bench(), CHUNKS)

    names = {chunk.name for chunk in CHUNKS}
    assert text.count("\n## ") == len(names)
    assert text.count("Not run yet.") == len(names)


@pytest.mark.parametrize("quick", [True, False])
def test_a_simulated_device_has_no_accuracy_on_its_page(
    bench: Callable[..., Bench], network: Network, quick: bool
) -> None:
    here = bench("simulated:h200", quick=quick)
    costs = {"latency_s": 0.001, "power_w": 100.0}
    here.record.put("held-out", "NiN", network("NiN", "held out", **costs))
    for count in range(10):
        here.record.put("profile", f"mnist {count:02d}", network(str(count), "mnist", **costs))
    predicted = {
        "networks": ["NiN"],
        "measured": {"power_w": [100.0]},
        "predicted": {"power, layer by layer": [101.0]},
        "took_s": 1.0,
    }
    here.record.put("network-level", "1 networks from 10 and 0 costs of layers", predicted)

    text = page(here, CHUNKS)

    assert "Nothing here was measured" in text
    assert "1.00 % from the simulation's formula" in text
    assert "accuracy" not in text
    assert "RMSPE" not in text


def test_reasons_do_not_break_the_table(bench: Callable[..., Bench], network: Network) -> None:
    here = bench()
    piece = network("NiN", "held out", latency_s=0.01)
    piece["end"] = {"event": "failed", "reason": "exception", "message": "a | b\nc"}
    here.record.put("held-out", "NiN", piece)

    assert "failed: exception a / b c" in page(here, CHUNKS)
