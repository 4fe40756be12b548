"""Networks drawn at random, to learn costs from: two of HyperPower's spaces, and large images.

The spaces are those of the bundled specs. The third group covers the range of the networks that are
held out (images of 64 to 224 pixels, up to billions of multiply-accumulates), so that these need
not be extrapolated to; the draws know nothing of their structure. Numbers of features there are
multiples of 32, as most are in networks for large images.
"""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import yaml

from hyperwatt.constraints.space import Space
from hyperwatt.experiments.spec_space import ParameterSpec, build_space
from hyperwatt.workers.data import DATA_SETS
from hyperwatt.workers.networks.registry import find_family

from .subject import Subject

SPECS = {"mnist": "hyperpower-mnist", "cifar10": "hyperpower-cifar10"}
LARGE = "large"
COUNTS = {"mnist": 32, "cifar10": 32, LARGE: 12}
QUICK_COUNTS = {"mnist": 12, "cifar10": 12, LARGE: 3}
SEED = 5
CLASSES = 10
MOST_ACTIVATIONS = 2**28  # numbers in one layer's output, 1 GB; at 4 times, training needs 40 GB
MOST_WEIGHTS = 160_000_000  # as VGG-16; at double, a batch's activations hardly count beside them


@lru_cache(maxsize=2)
def random_networks(quick: bool = False) -> tuple[Subject, ...]:
    """All groups, in turns, so that any beginning of the list holds some of each."""
    counts = QUICK_COUNTS if quick else COUNTS
    groups = [
        _large(count, quick) if group == LARGE else _from_space(group, count, quick)
        for group, count in counts.items()
    ]
    places = [((k + 0.5) / len(group), s) for group in groups for k, s in enumerate(group)]
    return tuple(subject for _, subject in sorted(places, key=lambda place: place[0]))


@lru_cache(maxsize=len(SPECS))
def raw_spec(group: str) -> dict[str, Any]:
    """The bundled spec of a group, as it is written."""
    text = (files("hyperwatt.experiments") / f"{SPECS[group]}.yaml").read_text()
    read: dict[str, Any] = yaml.safe_load(text)
    return read


@lru_cache(maxsize=len(SPECS))
def space_of(group: str) -> Space:
    """The space of a group's spec."""
    from pydantic import TypeAdapter

    known: TypeAdapter[Any] = TypeAdapter(dict[str, ParameterSpec])
    return build_space(known.validate_python(raw_spec(group)["space"]))


def _from_space(group: str, count: int, quick: bool) -> list[Subject]:
    """The first networks of a space's random draws that can be built."""
    spec, space = raw_spec(group), space_of(group)
    shape, family = DATA_SETS[group].shape, find_family(spec["network"]["name"])
    drawn = space.sample(4 * count, np.random.default_rng([SEED, len(group)]))
    found: list[Subject] = []
    for row in drawn:
        candidate = dict(space.candidate(row))
        config = {**spec["network"].get("fixed", {}), **candidate}
        family.check(config, shape, CLASSES)
        found.append(
            Subject(
                f"{group} {len(found):02d}",
                group,
                {"family": family.name, "config": config},
                shape,
                CLASSES,
                4 if quick else spec["probe"]["batch_size"],
                candidate,
            )
        )
        if len(found) == count:
            break
    return found


def _large(count: int, quick: bool) -> list[Subject]:
    rng = np.random.default_rng([SEED, count])
    found: list[Subject] = []
    while len(found) < count:
        side = int(rng.integers(64, 225))
        batch = 1 if quick else int(rng.choice([16, 32, 64, 128]))
        layers = _draw_layers(side, rng)
        largest, weights = _sizes(layers, side)
        if largest * batch <= MOST_ACTIVATIONS and weights <= MOST_WEIGHTS:
            name = f"{LARGE} {len(found):02d}"
            found.append(Subject(name, LARGE, {"layers": layers}, (3, side, side), 100, batch))
    return found


def _draw_layers(side: int, rng: np.random.Generator) -> list[list[Any]]:
    """Stages of convolutions that end in a pooling, then linear layers."""
    layers: list[list[Any]] = []
    features = 32 * int(rng.integers(1, 5))
    for stage in range(int(rng.integers(3, 6))):
        for depth in range(int(rng.integers(1, 4))):
            first = stage == depth == 0
            kernel = int(rng.choice([3, 5, 7, 11] if first else [1, 3, 3, 5]))
            stride = int(rng.choice([1, 2, 4])) if first else 1
            side = (side - 1) // stride + 1
            layers.append(["conv", features, kernel, stride, kernel // 2])
        if side < 8:
            break
        layers.append(["max pool", 2, 2])
        growth = float(rng.uniform(1.2, 2.2))
        side, features = side // 2, min(1024, 32 * round(features * growth / 32))
    for _ in range(int(rng.integers(0, 3))):
        layers += [["linear", int(rng.integers(256, 4097))], ["dropout", 0.5]]
    return [*layers, ["classes"]]


def _sizes(layers: list[list[Any]], side: int) -> tuple[int, int]:
    """Numbers in the largest output of one image, and weights."""
    channels, largest, weights = 3, 3 * side * side, 0
    for kind, *numbers in layers:
        if kind == "conv":
            features, kernel, stride, _ = numbers
            side = (side - 1) // stride + 1  # kernels are odd, and padded by their half
            weights += channels * features * kernel**2
            channels = features
            largest = max(largest, channels * side * side)
        elif kind == "max pool":
            side //= 2
        elif kind in ("linear", "classes"):
            units = numbers[0] if numbers else 100
            weights += channels * side * side * units
            channels, side = units, 1
    return largest, weights
