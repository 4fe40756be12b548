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


@pytest.mark.slow  # torch loads much for its first pass without values
@pytest.mark.parametrize("subject", NETWORKS, ids=lambda subject: subject.name)
def test_a_network_can_be_run_from_what_the_record_keeps(subject: Subject) -> None:
    kept = Subject.from_dict(json.loads(json.dumps(subject.to_dict())))
    with torch.device("meta"):
        scores = kept.build().eval()(torch.empty(2, *kept.input_shape))

    assert scores.shape == (2, subject.classes)


@pytest.mark.parametrize(
    "subject", [s for s in NETWORKS if s.group == LARGE], ids=lambda subject: subject.name
)
def test_large_images_do_not_make_larger_networks_than_those_held_out(subject: Subject) -> None:
    with torch.device("meta"):
        weights = sum(p.numel() for p in subject.build().parameters() if p.dim() > 1)

    assert 0 < weights <= MOST_WEIGHTS
