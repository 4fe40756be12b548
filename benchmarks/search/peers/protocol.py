"""The lines between the benchmark and a peer: one JSON object each, over standard input and output.

    {"op": "start", "parameters": [...], "limits": [...], "seed": 0, "points": [[...]] or null}
    {"op": "warm", "candidate": {...}, "violations": {...}}        a candidate that was only probed
    {"op": "ask"}                                   -> {"candidate": {...}} or {"row": 3}
    {"op": "tell", "candidate": {...}, "loss": 1.0 or null, "violations": {...}, "failed": false}

A violation is at most 0 where a limit is kept. A loss of null: the probe ended it, or it failed.
Candidates hold every parameter, also those that do not exist under others' values. What the peer's
packages print goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any, Protocol


class Peer(Protocol):
    """An optimiser behind the protocol."""

    def warm(self, candidate: dict[str, Any], violations: dict[str, float]) -> None:
        """Take in what a probe told; a peer that cannot does nothing."""
        ...

    def ask(self) -> dict[str, Any]:
        """The next candidate, or the row of the list."""
        ...

    def tell(
        self,
        candidate: dict[str, Any],
        loss: float | None,
        violations: dict[str, float],
        failed: bool,
    ) -> None:
        """Take in an outcome."""
        ...


def serve(make: Callable[[dict[str, Any]], Peer]) -> None:
    """Answer requests until the input ends.

    Args:
        make: a peer from the request that starts it.
    """
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    peer: Peer | None = None
    for line in sys.stdin:
        request = json.loads(line)
        op = request.pop("op")
        answer: dict[str, Any] = {}
        if op == "start":
            peer = make(request)
        else:
            assert peer is not None
            answer = getattr(peer, op)(**request) or {}
        out.write(json.dumps(answer) + "\n")
        out.flush()
