from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from benchmarks.gpu import real_sweep
from benchmarks.gpu.chunk import Bench

Network = Callable[..., dict[str, Any]]


def measured(here: Bench, network: Network, count: int) -> None:
    for k in range(count):
        piece = network(str(k), "mnist", power_w=80.0 + k, memory_bytes=1e9 + k, latency_s=0.01)
        here.record.put("profile", f"mnist {k:02d}", piece)


@pytest.mark.parametrize("device", ["cuda", "cpu", "simulated:h200"])
@pytest.mark.parametrize("quick", [True, False])
def test_its_spec_is_one_with_budgets_that_cut_the_space_in_half(
    bench: Callable[..., Bench], network: Network, device: str, quick: bool
) -> None:
    spec_files = pytest.importorskip("hyperwatt.experiments.spec_files")
    here = bench(device, quick=quick)
    measured(here, network, 7)
    path = here.scratch / "sweep.yaml"
    path.write_text(yaml.safe_dump(real_sweep.spec_of(here)))

    spec = spec_files.load_spec(str(path))

    assert spec.budget == {"power_w": 83.0, "memory_bytes": 1.0e9}
    assert spec.device == device


def test_without_ray_it_says_which_package_is_lacking(
    bench: Callable[..., Bench], network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = bench()
    measured(here, network, 7)
    monkeypatch.setattr(real_sweep, "find_spec", lambda name: None if name == "skopt" else name)

    assert "scikit-optimize" in real_sweep.RealSweep().hindrance(here)


def test_it_waits_for_a_profile(bench: Callable[..., Bench]) -> None:
    assert "profile" in real_sweep.RealSweep().hindrance(bench())
