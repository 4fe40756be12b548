from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.gpu.chunk import Bench, Finding
from benchmarks.gpu.repeatability import Repeatability

Network = Callable[..., dict[str, Any]]


def findings(here: Bench, network: Network, *latencies_s: float) -> dict[str, Finding]:
    for k, latency_s in enumerate(latencies_s):
        piece = network("net", "held out", latency_s=latency_s)
        piece["absent"] = {"power_w": "no sensor"}
        here.record.put("repeatability", str(k), piece)
    return {f.what.split()[0]: f for f in Repeatability().findings(here)}


@pytest.mark.parametrize(("spread", "reached"), [(0.01, True), (0.1, False)])
def test_scatter_is_the_standard_deviation_over_the_mean(
    bench: Callable[..., Bench], network: Network, spread: float, reached: bool
) -> None:
    found = findings(bench(), network, 0.01 * (1 - spread), 0.01, 0.01 * (1 + spread))

    assert found["latency_s"].value.startswith(f"{100 * spread:.2f} % of 10 ms")
    assert found["latency_s"].reached is reached


def test_the_goal_of_latency_is_for_networks_above_a_millisecond(
    bench: Callable[..., Bench], network: Network
) -> None:
    found = findings(bench(), network, 1e-4, 2e-4)

    assert found["latency_s"].reached is None


def test_what_is_absent_is_told_with_its_reason_and_never_as_zero(
    bench: Callable[..., Bench], network: Network
) -> None:
    found = findings(bench(), network, 0.01, 0.01)

    assert found["power_w"].value == "not measured: no sensor"
