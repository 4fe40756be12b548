from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from benchmarks.gpu.held_out_networks import held_out_networks
from benchmarks.gpu.subject import Subject

PUBLISHED = Path(__file__).parents[4] / "shared/data/neuralpower_nets"
LISTS = {"NiN": "nin", "Overfeat": "overfeat", "CIFAR10-6conv": "cifar10_6conv"}
TORCHVISION = ("VGG-16", "AlexNet")
NETWORKS = {subject.name: subject for subject in held_out_networks()}


def without_values(subject: Subject) -> nn.Module:
    with torch.device("meta"):
        return subject.build()


@pytest.mark.slow  # torch loads much for its first pass without values
@pytest.mark.parametrize("name", NETWORKS)
def test_each_tells_its_classes_apart(name: str) -> None:
    subject = NETWORKS[name]
    images = torch.empty(2, *subject.input_shape, device="meta")

    assert without_values(subject).eval()(images).shape == (2, subject.classes)


def test_there_are_five() -> None:
    assert {*LISTS, *TORCHVISION} == set(NETWORKS)


@pytest.mark.parametrize("name", LISTS)
def test_weights_are_those_of_the_published_layers(name: str) -> None:
    path = PUBLISHED / f"{LISTS[name]}.json"
    if not path.is_file():
        pytest.skip(f"the published lists are not in {PUBLISHED}")
    layers: dict[str, Any] = json.loads(path.read_text())["layers"]
    filters = [layer["filter"] for layer in layers.values() if "filter" in layer]

    built = [p.numel() for p in without_values(NETWORKS[name]).parameters() if p.dim() > 1]

    assert built == [h * w * given * features for h, w, given, features in filters]
    assert layers["data"]["tensor"][0] == NETWORKS[name].batch_size
