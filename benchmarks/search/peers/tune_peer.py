"""Ray Tune's OptunaSearch as it comes (TPE, no constraints); no cluster is started."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("RAY_DEDUP_LOGS", "0")

from protocol import Peer, serve
from ray import tune
from ray.tune.search.optuna import OptunaSearch


def domain(parameter: dict[str, Any]) -> Any:
    """Of one parameter; Tune's upper ends are excluded for integers."""
    if parameter["type"] == "choice":
        return tune.choice(parameter["values"])
    low, high = parameter["low"], parameter["high"]
    if parameter["type"] == "int":
        return (tune.lograndint if parameter["log"] else tune.randint)(low, high + 1)
    return (tune.loguniform if parameter["log"] else tune.uniform)(low, high)


class TunePeer:
    """A searcher. It takes no other candidate than the one that it suggested."""

    def __init__(self, start: dict[str, Any]) -> None:
        space = {p["name"]: domain(p) for p in start["parameters"]}
        self.search = OptunaSearch(space=space, metric="loss", mode="min", seed=start["seed"])
        self.count = 0

    def warm(self, candidate: dict[str, Any], violations: dict[str, float]) -> None:
        """It has no place for constraints."""

    def ask(self) -> dict[str, Any]:
        """One suggestion."""
        self.count += 1
        return {"candidate": dict(self.search.suggest(str(self.count)))}

    def tell(
        self,
        candidate: dict[str, Any],
        loss: float | None,
        violations: dict[str, float],
        failed: bool,
    ) -> None:
        """The loss of the last suggestion, or an error."""
        if loss is None:
            self.search.on_trial_complete(str(self.count), error=True)
        else:
            self.search.on_trial_complete(str(self.count), result={"loss": loss})


def make(start: dict[str, Any]) -> Peer:
    """One form."""
    return TunePeer(start)


if __name__ == "__main__":
    serve(make)
