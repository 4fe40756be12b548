"""A network that is measured: how to build it, and on what batch; survives JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from .layer_list import build_layers

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class Subject:
    """A network and its batch.

    Attributes:
        name: unique in its group.
        group: that it belongs to (`mnist`, `cifar10`, `large`, `held out`).
        network: how to build it: `{"family": ..., "config": ...}` for one of ours,
            `{"torchvision": ...}`, or `{"layers": ...}` (see `layer_list.py`).
        input_shape: channels, height, width.
        classes: to tell apart.
        batch_size: images, in inference and in training.
        candidate: its hyper-parameters, where it comes from a space.
    """

    name: str
    group: str
    network: Mapping[str, Any]
    input_shape: Sequence[int]
    classes: int
    batch_size: int
    candidate: Mapping[str, Any] = field(default_factory=dict)

    def build(self) -> nn.Module:
        """The network, untrained."""
        if "layers" in self.network:
            return build_layers(self.network["layers"], self.input_shape, self.classes)
        if "torchvision" in self.network:
            from torchvision import models

            network: nn.Module = models.get_model(self.network["torchvision"], weights=None)
            return network
        from hyperwatt.workers.candidate_network import NetworkBuilder

        shape = tuple(self.input_shape)
        build = NetworkBuilder(self.network["family"], {}, shape, self.classes)
        return build(self.network["config"])

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    def to_text(self) -> str:
        """As JSON, the same for equal networks."""
        return json.dumps(self.to_dict(), sort_keys=True)

    @staticmethod
    def from_text(text: str) -> Subject:
        """Back from `to_text`."""
        return Subject.from_dict(json.loads(text))

    @staticmethod
    def from_dict(row: Mapping[str, Any]) -> Subject:
        """Back from `to_dict`, also after JSON made lists of its tuples."""
        return Subject(**row)
