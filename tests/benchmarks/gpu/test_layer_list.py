from __future__ import annotations

import json

import pytest
import torch

from benchmarks.gpu.layer_list import build_layers


def test_layers_are_built_as_they_are_listed() -> None:
    layers = [["conv", 8, 3, 2, 1], ["max pool", 2, 2], ["linear", 5], ["dropout", 0.5],
              ["classes"]]  # fmt: skip
    network = build_layers(json.loads(json.dumps(layers)), (3, 17, 17), 7)

    weights = [tuple(p.shape) for p in network.parameters() if p.dim() > 1]
    assert weights == [(8, 3, 3, 3), (5, 8 * 4 * 4), (7, 5)]
    assert network(torch.zeros(2, 3, 17, 17)).shape == (2, 7)


def test_a_network_may_end_in_a_pooling() -> None:
    network = build_layers([["conv", 6, 1, 1, 0], ["mean pool", 4]], (3, 4, 4), 6)

    assert network(torch.zeros(2, 3, 4, 4)).shape == (2, 6)


@pytest.mark.parametrize(
    ("layers", "says"), [([["cnov", 1]], "cnov"), ([["max pool", 5, 1]], "pixel")]
)
def test_what_cannot_be_built_is_named(layers: list[list[object]], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        build_layers(layers, (3, 4, 4), 2)
