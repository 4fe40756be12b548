from __future__ import annotations

import json
from collections import Counter

import pytest
import torch

from benchmarks.gpu.random_networks import COUNTS, LARGE, MOST_WEIGHTS, random_networks
from benchmarks.gpu.subject import Subject

NETWORKS = random_networks()


def test_sixty_networks_and_more_are_of_the_families_of_the_goals() -> None:
    groups = Counter(subject.group for subject in NETWORKS)

    assert groups == COUNTS
    assert groups["mnist"] + groups["cifar10"] >= 60


def test_every_draw_is_the_same() -> None:
    random_networks.cache_clear()

    assert random_networks() == NETWORKS


def test_names_tell_networks_apart() -> None:
    assert len({subject.name for subject in NETWORKS}) == len(NETWORKS)


def test_any_beginning_of_the_list_holds_some_of_each_group() -> None:
    assert {subject.group for subject in NETWORKS[:4]} == set(COUNTS)


@pytest.mark.parametrize("subject", NETWORKS, ids=lambda subject: subject.name)
def test_a_network_can_be_built_from_what_the_record_keeps(subject: Subject) -> None:
    kept = Subject.from_dict(json.loads(json.dumps(subject.to_dict())))
    with torch.device("meta"):
        network = kept.build().eval()
        scores = network(torch.empty(2, *kept.input_shape))

    assert scores.shape == (2, subject.classes)
    if subject.group == LARGE:
        assert sum(p.numel() for p in network.parameters() if p.dim() > 1) <= MOST_WEIGHTS
