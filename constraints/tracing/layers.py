"""Attributes operators to layers while a network runs.

A layer is one call of an innermost module. What a module with children computes by itself becomes a
layer for each operator, because there is no better name for it; its bare views are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from .calls import Call, shape_of_first
from .liveness import storage_key
from .network_trace import Layer
from .pages import Page

KINDS: dict[str, tuple[type[nn.Module], ...]] = {  # not told by their heaviest operator
    "recurrent": (nn.RNNBase, nn.RNNCellBase),
    "pool": (nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d),
}


@dataclass
class LayerBook:
    """The layers of one run of a network; mutable, written as it runs.

    Attributes:
        network: that runs.
        layers: those that have ended.
    """

    network: nn.Module
    layers: list[Layer] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._paths = {module: name for name, module in self.network.named_modules()}
        self._unclaimed = {storage_key(p): p.numel() for p in self.network.parameters()}
        self._parameters = frozenset(self._unclaimed)
        self._calls: Counter[str] = Counter()
        self._open: list[Page | str] = [""]

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Follow the network's modules as they begin and end."""
        handles = []
        for module in self._paths:
            handles.append(module.register_forward_pre_hook(self._begin, with_kwargs=True))
            handles.append(module.register_forward_hook(self._end))
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def write(self, call: Call) -> None:
        """Attribute a call to the layer that is open, or make it one of its own."""
        place = self._open[-1]
        if isinstance(place, Page):
            self._add(place, call)
        elif call.operator.counted:
            name = f"{place}.{call.operator.name}" if place else call.operator.name
            page = Page(self._numbered(name), shape_of_first(call.args))
            self._add(page, call)
            self.layers.append(page.layer(shape_of_first((call.out,))))

    def _begin(self, module: nn.Module, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
        path = self._paths[module]
        if next(module.children(), None) is not None:
            self._open.append(path)
            return
        kind = next((kind for kind, types in KINDS.items() if isinstance(module, types)), None)
        name = self._numbered(path or type(module).__name__)
        self._open.append(Page(name, shape_of_first((*args, *kwargs.values())), kind))

    def _end(self, module: nn.Module, args: tuple[Any, ...], output: object) -> None:
        page = self._open.pop()
        if isinstance(page, Page) and page.operators:
            self.layers.append(page.layer(shape_of_first((output,))))

    def _numbered(self, name: str) -> str:
        self._calls[name] += 1
        count = self._calls[name]
        return name if count == 1 else f"{name}#{count}"

    def _add(self, page: Page, call: Call) -> None:
        keys = {storage_key(tensor) for tensor in call.taken}
        page.parameters += sum(self._unclaimed.pop(key, 0) for key in keys)
        page.add(call, has_parameter=not self._parameters.isdisjoint(keys))
