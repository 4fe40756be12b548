"""The families that a spec can name."""

from __future__ import annotations

from ...constraints.errors import NetworkError, did_you_mean
from .cnn import CNN
from .family import Family
from .hyperpower_cifar10 import HYPERPOWER_CIFAR10
from .mlp import MLP

FAMILIES = {family.name: family for family in (CNN, HYPERPOWER_CIFAR10, MLP)}


def find_family(name: str) -> Family:
    """The family of that name.

    Raises:
        NetworkError: if there is none; names the nearest.

    >>> sorted(find_family("mlp").structural_names())[:2]
    ['dropout', 'hidden1_units']
    """
    if name not in FAMILIES:
        raise NetworkError(f"no network {name!r}; {did_you_mean(name, FAMILIES)}")
    return FAMILIES[name]
