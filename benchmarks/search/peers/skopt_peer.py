"""scikit-optimize's Optimizer as it comes; it knows no constraint. A failure is the worst loss."""

from __future__ import annotations

import warnings
from typing import Any

from protocol import Peer, serve
from skopt import Optimizer
from skopt.space import Categorical, Dimension, Integer, Real


def dimension(parameter: dict[str, Any]) -> Dimension:
    """Of one parameter; an ordered list is a place in it."""
    if parameter["type"] == "choice":
        if parameter["ordered"] and len(parameter["values"]) > 1:
            return Integer(0, len(parameter["values"]) - 1)
        return Categorical(parameter["values"])
    kind = Integer if parameter["type"] == "int" else Real
    prior = "log-uniform" if parameter["log"] else "uniform"
    return kind(parameter["low"], parameter["high"], prior=prior)


class SkoptPeer:
    """An ask-and-tell optimiser."""

    def __init__(self, start: dict[str, Any]) -> None:
        warnings.simplefilter("ignore")
        self.parameters = start["parameters"]
        dimensions = [dimension(p) for p in self.parameters]
        self.coded = [isinstance(d, Integer) and p["type"] == "choice"
                      for d, p in zip(dimensions, self.parameters, strict=True)]  # fmt: skip
        self.optimizer = Optimizer(dimensions, random_state=start["seed"])
        self.worst: float | None = None

    def warm(self, candidate: dict[str, Any], violations: dict[str, float]) -> None:
        """It has no place for constraints."""

    def ask(self) -> dict[str, Any]:
        """One suggestion, as plain values."""
        plain = {}
        for parameter, coded, value in zip(
            self.parameters, self.coded, self.optimizer.ask(), strict=True
        ):
            known = parameter["values"][int(value)] if coded else value
            plain[parameter["name"]] = known.item() if hasattr(known, "item") else known
        return {"candidate": plain}

    def tell(
        self,
        candidate: dict[str, Any],
        loss: float | None,
        violations: dict[str, float],
        failed: bool,
    ) -> None:
        """What was found; before the first success a failure cannot be told."""
        if loss is not None:
            self.worst = loss if self.worst is None else max(self.worst, loss)
        value = self.worst if loss is None else loss
        if value is not None:
            self.optimizer.tell(self._point(candidate), value)

    def fill(self, candidates: list[dict[str, Any]], losses: list[float]) -> None:
        """Many outcomes at once, with one fit."""
        self.optimizer.tell([self._point(candidate) for candidate in candidates], losses)

    def _point(self, candidate: dict[str, Any]) -> list[Any]:
        return [
            p["values"].index(candidate[p["name"]]) if coded else candidate[p["name"]]
            for p, coded in zip(self.parameters, self.coded, strict=True)
        ]


def make(start: dict[str, Any]) -> Peer:
    """One form."""
    return SkoptPeer(start)


if __name__ == "__main__":
    serve(make)
