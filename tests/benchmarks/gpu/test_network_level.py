from __future__ import annotations

import pytest

from benchmarks.gpu.network_level import composed

METRICS = ("power_w", "latency_s", "energy_j")


def test_energy_of_an_image_is_composed_of_power_and_latency_of_the_same_network() -> None:
    pieces = {
        "power_w": {"networks": ["a", "b"], "images": [4, 8], "measured": [1, 1],
                    "ours": [100.0, 200.0]},
        "latency_s": {"networks": ["b"], "images": [8], "measured": [1], "ours": [0.5]},
        "energy_j": {"networks": ["a", "b"], "images": [4, 8], "measured": [7.0, 9.0],
                     "ours": [0.0, 0.0]},
    }  # fmt: skip

    found = composed(pieces)

    assert found["networks"] == ["b"]
    assert found["measured"] == [9.0]
    assert found["ours"] == [pytest.approx(200.0 * 0.5 / 8)]
