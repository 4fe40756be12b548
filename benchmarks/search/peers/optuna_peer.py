"""Optuna: TPE and Gaussian processes with constraints, and TPE without.

    python -m optuna_peer tpe | gp | tpe-vanilla

Where the probe ended a candidate there is no loss. TPE takes such a trial as pruned, with its
constraints, and needs none. The sampler by Gaussian processes learns from complete trials alone:
it is told the worst loss so far, anew before each suggestion.
"""

from __future__ import annotations

import sys
import warnings
from typing import Any

import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, TrialState, create_trial
from protocol import Peer, serve


def distribution(parameter: dict[str, Any]) -> BaseDistribution:
    """Of one parameter; a list of numbers in order is a place in the list."""
    if parameter["type"] == "choice":
        if parameter["ordered"]:
            return IntDistribution(0, len(parameter["values"]) - 1)
        return CategoricalDistribution(parameter["values"])
    kind = IntDistribution if parameter["type"] == "int" else FloatDistribution
    return kind(parameter["low"], parameter["high"], log=parameter["log"])


class OptunaPeer:
    """A study."""

    def __init__(self, form: str, start: dict[str, Any]) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        warnings.simplefilter("ignore")
        self.lists = {
            p["name"]: p["values"]
            for p in start["parameters"]
            if p["type"] == "choice" and p["ordered"]
        }
        self.distributions = {p["name"]: distribution(p) for p in start["parameters"]}
        self.aware = form != "tpe-vanilla" and bool(start["limits"])
        self.imputed = form == "gp"
        make = optuna.samplers.GPSampler if form == "gp" else optuna.samplers.TPESampler
        self.sampler = make(seed=start["seed"])
        self.rows: list[tuple[dict[str, Any], float | None, dict[str, float], bool]] = []
        self.study = optuna.create_study(sampler=self.sampler)

    def warm(self, candidate: dict[str, Any], violations: dict[str, float]) -> None:
        """Those over a limit; one inside has no loss to be compared by."""
        if self.aware and max(violations.values()) > 0:
            self.tell(candidate, None, violations, False)

    def ask(self) -> dict[str, Any]:
        """One suggestion."""
        study = self._imputed_study() if self.imputed else self.study
        trial = study.ask(self.distributions)
        params = dict(trial.params)
        study.tell(trial, state=TrialState.FAIL)
        plain = {n: self.lists[n][v] if n in self.lists else v for n, v in params.items()}
        return {"candidate": plain}

    def tell(
        self,
        candidate: dict[str, Any],
        loss: float | None,
        violations: dict[str, float],
        failed: bool,
    ) -> None:
        """As complete, pruned by its constraints, or failed."""
        self.rows.append((candidate, loss, violations, failed))
        if not self.imputed:
            self.study.add_trial(self._trial(*self.rows[-1], worst=None))

    def _imputed_study(self) -> optuna.Study:
        study = optuna.create_study(sampler=self.sampler)
        worst = max((row[1] for row in self.rows if row[1] is not None), default=0.0)
        study.add_trials([self._trial(*row, worst=worst) for row in self.rows])
        return study

    def _trial(
        self,
        candidate: dict[str, Any],
        loss: float | None,
        violations: dict[str, float],
        failed: bool,
        worst: float | None,
    ) -> FrozenTrial:
        params = {n: self.lists[n].index(v) if n in self.lists else v for n, v in candidate.items()}
        value = worst if loss is None else loss
        state = TrialState.COMPLETE
        if value is None:
            state = TrialState.FAIL if failed else TrialState.PRUNED
        return create_trial(
            state=state,
            value=value,
            params=params,
            distributions=self.distributions,
            constraints=violations if self.aware else None,
        )


def make(start: dict[str, Any]) -> Peer:
    """The form that the command line names."""
    return OptunaPeer(sys.argv[1], start)


if __name__ == "__main__":
    serve(make)
