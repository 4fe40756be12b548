"""Builds a network of tensors without values, so that it takes no memory however large it is."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from ..errors import NetworkError
from .blame import told

META = "meta"
WITHOUT_VALUES = ("meta tensor",)  # in the message of whoever asks such a tensor for its values


def build_without_values(build: Callable[[], nn.Module]) -> nn.Module:
    """Call a builder so that what it makes has shapes only.

    A builder that reads values while it builds (a schedule from `torch.linspace`) is called again
    with real tensors, which are then dropped; only then do weights take memory, for that moment.

    Args:
        build: makes a network.

    Raises:
        NetworkError: if it raises, makes no module, or one whose sizes are not known yet.
    """
    try:
        network = _built(build)
    except NetworkError:
        raise
    except Exception as error:  # the builder is anybody's code
        raise NetworkError(f"the network cannot be built: {told(error)}") from error
    if not isinstance(network, nn.Module):
        raise NetworkError(
            f"`build` must give a torch.nn.Module, got {type(network).__name__}; "
            "return the network itself"
        )
    lazy = [name for name, parameter in network.named_parameters() if is_lazy(parameter)]
    if lazy:
        raise NetworkError(
            f"`build` gave layers whose sizes are not known yet (`{lazy[0]}`); "
            "name their input sizes (Linear instead of LazyLinear)"
        )
    return network.to(META)


def _built(build: Callable[[], nn.Module]) -> nn.Module:
    try:
        with torch.device(META):
            return build()
    except (RuntimeError, NotImplementedError) as error:
        if not any(words in str(error) for words in WITHOUT_VALUES):
            raise
    with torch.device("cpu"):
        return build()
