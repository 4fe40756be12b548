"""HEBO as it comes; it knows no constraint. A failure counts as the worst loss so far."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import torch
from hebo.design_space.design_space import DesignSpace
from hebo.optimizers.hebo import HEBO
from protocol import Peer, serve


def entry(parameter: dict[str, Any]) -> dict[str, Any]:
    """Of one parameter."""
    name = parameter["name"]
    if parameter["type"] == "choice":
        return {"name": name, "type": "cat", "categories": parameter["values"]}
    ends = {"name": name, "lb": parameter["low"], "ub": parameter["high"]}
    if parameter["type"] == "int":
        return {**ends, "type": "pow_int" if parameter["log"] else "int"}
    return {**ends, "type": "pow" if parameter["log"] else "num"}


class HeboPeer:
    """An optimiser."""

    def __init__(self, start: dict[str, Any]) -> None:
        warnings.simplefilter("ignore")
        np.random.seed(start["seed"])  # noqa: NPY002  # HEBO draws from the global generator
        torch.manual_seed(start["seed"])
        torch.set_num_threads(1)
        space = DesignSpace().parse([entry(p) for p in start["parameters"]])
        self.optimizer = HEBO(space, scramble_seed=start["seed"])
        self.worst: float | None = None

    def warm(self, candidate: dict[str, Any], violations: dict[str, float]) -> None:
        """It has no place for constraints."""

    def ask(self) -> dict[str, Any]:
        """One suggestion."""
        row = self.optimizer.suggest(n_suggestions=1).iloc[0].to_dict()
        return {"candidate": {n: v.item() if hasattr(v, "item") else v for n, v in row.items()}}

    def tell(
        self,
        candidate: dict[str, Any],
        loss: float | None,
        violations: dict[str, float],
        failed: bool,
    ) -> None:
        """What was found."""
        if loss is not None:
            self.worst = loss if self.worst is None else max(self.worst, loss)
        value = self.worst if loss is None else loss
        if value is not None:
            self.optimizer.observe(pd.DataFrame([candidate]), np.array([[value]]))


def make(start: dict[str, Any]) -> Peer:
    """One form."""
    return HeboPeer(start)


if __name__ == "__main__":
    serve(make)
