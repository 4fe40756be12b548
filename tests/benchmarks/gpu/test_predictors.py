from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from benchmarks.gpu.chunk import Bench
from benchmarks.gpu.predictors import LEAST, SWEEP, Predictors, measured

Network = Callable[..., dict[str, Any]]


def test_networks_measured_under_heat_or_beside_others_are_not_learned_from(
    bench: Callable[..., Bench], network: Network
) -> None:
    steady, hot, shared = (network(name, "mnist", power_w=80.0) for name in ("a", "b", "c"))
    hot["measured"]["power_w"]["flags"] = ["throttled"]
    shared["measured"]["power_w"]["attribution"] = "shared"
    here = bench()
    names = ("mnist 00", "mnist 01", "mnist 02")
    for name, piece in zip(names, (steady, hot, shared), strict=True):
        here.record.put("profile", name, piece)

    assert [piece["subject"]["name"] for piece in measured(here, "mnist", "power_w")] == ["a"]


def test_figures_are_made_anew_when_more_networks_are_measured(
    bench: Callable[..., Bench], network: Network
) -> None:
    here = bench()
    wanted = []
    for count in range(LEAST + 2):
        here.record.put("profile", f"mnist {count:02d}", network(str(count), "mnist", power_w=80.0))
        wanted.append(set(Predictors().pieces(here)))

    assert not any(wanted[: LEAST - 1])
    assert wanted[LEAST - 1] == {
        f"power_w, mnist, {LEAST} networks", f"power_w, all groups, {LEAST} networks"
    }  # fmt: skip
    assert not wanted[LEAST] & wanted[LEAST - 1]


@pytest.mark.parametrize(
    ("device", "quick", "reached"),
    [("cuda", False, True), ("cuda", True, None), ("simulated:h200", False, None)],
)
def test_only_a_device_at_full_size_reaches_goals(
    bench: Callable[..., Bench],
    network: Network,
    device: str,
    quick: bool,
    reached: bool | None,
) -> None:
    here = bench(device, quick=quick)
    for count in range(LEAST):
        here.record.put("profile", f"mnist {count:02d}", network(str(count), "mnist", power_w=80.0))
    key = f"power_w, mnist, {LEAST} networks"
    errors = {SWEEP: 0.01, "linear in hyper-parameters (HyperPower)": 0.2}
    piece = {"metric": "power_w", "group": "mnist", "networks": LEAST, "rmspe": errors}
    here.record.put("predictors", key, {**piece, "took_s": 1.0})

    (finding,) = Predictors().findings(here)

    assert finding.reached is reached
    assert ("RMSPE" in finding.value) == (device == "cuda")
