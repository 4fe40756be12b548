from __future__ import annotations

from math import prod

import pytest
import torch

from benchmarks.gpu.layer_costs import columns_by_layer
from benchmarks.gpu.random_layers import MOST_NUMBERS, TIMES, WITH_POWER, random_layers
from benchmarks.gpu.subject import Subject

LAYERS = {s.name: s for piece in random_layers(TIMES).values() for s in piece}
FEW = [s for s in LAYERS.values() if s.name.endswith("0")]


def test_layers_with_power_are_among_those_with_time() -> None:
    powers = {s.name: s for piece in random_layers(WITH_POWER).values() for s in piece}

    assert len(powers) == 96
    assert powers.items() <= LAYERS.items()


def test_any_beginning_holds_every_kind() -> None:
    for portions in (TIMES, WITH_POWER):
        first = list(random_layers(portions))[:3]
        assert {key.split()[0] for key in first} == {"conv", "dense", "pool"}


@pytest.mark.slow  # torch loads much for its first pass without values
@pytest.mark.parametrize("subject", FEW, ids=lambda subject: subject.name)
def test_a_layer_can_be_run_and_is_seen_as_its_kind(subject: Subject) -> None:
    with torch.device("meta"):
        given = torch.empty(subject.batch_size, *subject.input_shape)
        gave = subject.build().eval()(given)

    assert max(given.numel(), gave.numel()) <= MOST_NUMBERS
    assert prod(gave.shape) > 0
    assert [kind for kind, _ in columns_by_layer(subject.to_text())] == [subject.name.split()[0]]
