"""What lies in memory at each moment: a running sum over storages that are alive, and its peak.

Two tensors that share a storage count once; a storage counts until it dies, which a weak reference
tells at once, because torch frees by counting references.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from .network_trace import MEMORY_CLASSES

NEW = "activations"


@dataclass
class _Alive:
    bytes: int
    belongs: str
    reference: weakref.ref[Any]


@dataclass
class Liveness:
    """Storages that are alive, by class of memory; mutable, for one trace.

    Attributes:
        now_by: bytes alive by class, as in `MEMORY_CLASSES`.
        peak_bytes: the most that was alive since `begin`.
        peak_by: what was alive then.
    """

    now_by: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MEMORY_CLASSES, 0))
    peak_bytes: int = 0
    peak_by: dict[str, int] = field(default_factory=lambda: dict.fromkeys(MEMORY_CLASSES, 0))
    _now: int = 0
    _alive: dict[int, _Alive] = field(default_factory=dict)

    def begin(self) -> None:
        """Forget the peak; what is alive now is where the next one starts."""
        self.peak_bytes, self.peak_by = self._now, dict(self.now_by)

    def hold(self, tensors: Iterable[Tensor], belongs: str) -> None:
        """Count these in a class, whether they were seen before or not."""
        for tensor in tensors:
            self.see(tensor, belongs)
            entry = self._alive[storage_key(tensor)]
            self.now_by[entry.belongs] -= entry.bytes
            self.now_by[belongs] += entry.bytes
            entry.belongs = belongs

    def see(self, tensor: Tensor, belongs: str = NEW) -> int:
        """Count a tensor's storage if it is new.

        Returns:
            Bytes that are new.
        """
        storage = tensor.untyped_storage()
        key, size = storage._cdata, storage.nbytes()
        entry = self._alive.get(key)
        if entry is None:
            reference = weakref.ref(storage, lambda _: self._forget(key))
            self._alive[key] = _Alive(size, belongs, reference)
            self._add(size, belongs)
            return size
        grown, entry.bytes = size - entry.bytes, size
        self._add(grown, entry.belongs)
        return max(grown, 0)

    def reach(self, more_bytes: int) -> None:
        """Count memory that is taken and given back at once."""
        if self._now + more_bytes > self.peak_bytes:
            self.begin()
            self.peak_bytes += more_bytes
            self.peak_by[NEW] += more_bytes

    def _add(self, size: int, belongs: str) -> None:
        self._now += size
        self.now_by[belongs] += size
        if self._now > self.peak_bytes:
            self.begin()

    def _forget(self, key: int) -> None:
        entry = self._alive.pop(key)
        self._add(-entry.bytes, entry.belongs)


def storage_key(tensor: Tensor) -> int:
    """What tells the memory behind a tensor from all other that is alive."""
    return int(tensor.untyped_storage()._cdata)
