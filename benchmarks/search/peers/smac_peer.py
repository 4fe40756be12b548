"""SMAC3's hyper-parameter facade (random forests), which knows no constraint: asked and told.

    python -m smac_peer unaware | penalty

`penalty` is told, for a candidate over its limits, the worst loss so far plus the spread of the
losses: SMAC has no place for constraints, so this is what a user can do. It is told of what it
suggested, also where the benchmark took the nearest candidate of a list.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

from ConfigSpace import (
    CategoricalHyperparameter,
    ConfigurationSpace,
    OrdinalHyperparameter,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)
from ConfigSpace.hyperparameters import Hyperparameter
from protocol import Peer, serve
from smac import HyperparameterOptimizationFacade, Scenario
from smac.runhistory import StatusType, TrialValue

BUDGET = 10_000  # trials; never reached, since the benchmark counts


def hyperparameter(parameter: dict[str, Any]) -> Hyperparameter:
    """Of one parameter."""
    name, values = parameter["name"], parameter.get("values")
    if parameter["type"] == "choice":
        if parameter["ordered"] and len(values) > 1:
            return OrdinalHyperparameter(name, values)
        return CategoricalHyperparameter(name, values)
    kind = (
        UniformIntegerHyperparameter if parameter["type"] == "int" else UniformFloatHyperparameter
    )
    return kind(name, parameter["low"], parameter["high"], log=parameter["log"])


class SmacPeer:
    """A facade."""

    def __init__(self, form: str, start: dict[str, Any]) -> None:
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        self.penalised = form == "penalty"
        self.losses: list[float] = []
        self.space = ConfigurationSpace(seed=start["seed"])
        self.space.add([hyperparameter(p) for p in start["parameters"]])
        folder = Path(tempfile.mkdtemp(prefix="smac-"))
        scenario = Scenario(
            self.space,
            deterministic=True,
            n_trials=BUDGET,
            seed=start["seed"],
            output_directory=folder,
        )
        initial = HyperparameterOptimizationFacade.get_initial_design(scenario, n_configs=10)
        self.smac = HyperparameterOptimizationFacade(
            scenario,
            lambda config, seed=0: 0.0,
            initial_design=initial,
            overwrite=True,
            logging_level=False,
        )

    def warm(self, candidate: dict[str, Any], violations: dict[str, float]) -> None:
        """As a penalty, once there is a loss to measure it by; else there is no place for it."""

    def ask(self) -> dict[str, Any]:
        """One suggestion."""
        self.info = self.smac.ask()
        plain = dict(self.info.config)
        return {"candidate": {n: v.item() if hasattr(v, "item") else v for n, v in plain.items()}}

    def tell(
        self,
        candidate: dict[str, Any],
        loss: float | None,
        violations: dict[str, float],
        failed: bool,
    ) -> None:
        """What was found, or the penalty, or a crash, of what it suggested last."""
        over = self.penalised and bool(violations) and max(violations.values()) > 0
        if loss is not None and not over:
            self.losses.append(loss)
        if loss is None or over:
            worst = max(self.losses, default=100.0)
            cost = 2 * worst - min(self.losses, default=0.0)
            status = StatusType.CRASHED if failed else StatusType.SUCCESS
            self.smac.tell(self.info, TrialValue(cost, status=status))
        else:
            self.smac.tell(self.info, TrialValue(loss))


def make(start: dict[str, Any]) -> Peer:
    """The form that the command line names."""
    return SmacPeer(sys.argv[1], start)


if __name__ == "__main__":
    serve(make)
