"""The rules of a spec that need several sections, or all of one; each says every fault it finds."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from ..constraints.errors import Fault
from ..constraints.metrics import COSTS, METRICS
from ..constraints.objective import Objective
from .spec_space import build_space, space_faults

Sections = Mapping[str, Any]
MOST_OBJECTIVES = 4  # at one more, the boxes of a front of 30 points are a million
PER_SECOND = "hyperwatt"  # the strategy that can count what it gains per second of training


def _problem_rules(sound: Sections) -> list[Fault]:
    """Networks to train, or a table."""
    if not {"task", "network", "table"} <= set(sound):
        return []
    given = [name for name in ("task", "network") if sound[name] is not None]
    if sound["table"] is not None:
        return [Fault(name, "cannot stand beside a `table`; keep one") for name in given]
    return [
        Fault(name, "is missing; see `hyperwatt run digits` for an example")
        for name in ("task", "network")
        if name not in given
    ]


def _table_rules(sound: Sections) -> list[Fault]:
    table = sound.get("table")
    if table is None:
        return []
    faults = [
        Fault(f"table.costs.{METRICS[name].short}", "is no cost; put it under an epoch's `metrics`")
        for name in table.costs
        if name not in COSTS
    ]
    early = sound.get("early_stopping")
    if early is not None and early.chance_level is not None and table.chance_error is None:
        says = "is missing, and `early_stopping.chance_level` needs it"
        faults.append(Fault("table.chance_error", says))
    reported = [set(epoch.metrics) for epoch in table.epochs]
    if early is not None and early.chance_level is not None and "error" not in reported[0]:
        says = "needs the `error` of every epoch of the table; leave it out, or give the column"
        faults.append(Fault("early_stopping.chance_level", says))
    for index, (epoch, before) in enumerate(zip(table.epochs[1:], table.epochs, strict=False), 1):
        if epoch.epoch <= before.epoch:
            says = f"must be above the epoch before, {before.epoch}, got {epoch.epoch}"
            faults.append(Fault(f"table.epochs.{index}.epoch", says))
    for section in ("objectives", "constraints"):
        for name in _metrics_of(sound, section):
            if name not in COSTS and not all(name in metrics for metrics in reported):
                says = "is not reported by every epoch of the table"
                faults.append(Fault(f"{section}.{METRICS[name].short}", says))
    return faults


def _budget_rules(sound: Sections) -> list[Fault]:
    faults = []
    for name in sound.get("budget", {}):
        if name not in COSTS:
            faults.append(Fault(
                f"budget.{METRICS[name].short}",
                "is known only after training, so it cannot be budgeted; put it under "
                "`constraints`",
            ))  # fmt: skip
    for name in sorted(set(sound.get("budget", {})) & set(sound.get("constraints", {}))):
        faults.append(Fault(f"constraints.{METRICS[name].short}", "stands under `budget` already"))
    return faults


def _objective_rules(sound: Sections) -> list[Fault]:
    objectives = sound.get("objectives", [])
    metrics = _metrics_of(sound, "objectives")
    faults = [
        Fault("objectives", f"{METRICS[name].short} stands there twice; keep one")
        for name in sorted({name for name in metrics if metrics.count(name) > 1})
    ]
    for objective in objectives:
        natural = Objective.natural(objective.metric)
        if objective.metric not in COSTS and objective != natural:
            short = METRICS[objective.metric].short
            says = f"{short} is reported for each epoch and the best one counts; write `{short}`"
            faults.append(Fault("objectives", f"{says} for the {natural}"))
    if len(objectives) > MOST_OBJECTIVES:
        says = f"at most {MOST_OBJECTIVES} make a front that can be searched, got {len(objectives)}"
        faults.append(Fault("objectives", f"{says}; put a bound on the others under `budget`"))
    return faults


def _metrics_of(sound: Sections, section: str) -> list[str]:
    """Full names of the metrics in a section."""
    return [
        entry.metric if isinstance(entry, Objective) else entry for entry in sound.get(section, ())
    ]


def _probe_rules(sound: Sections) -> list[Fault]:
    probe = sound.get("probe")
    if probe is None:
        return []
    faults = [
        Fault("probe.also", f"{METRICS[name].short} is known only after training; leave it out")
        for name in probe.also
        if name not in COSTS
    ]
    if probe.min_time > probe.max_time:
        faults.append(Fault("probe.min_time", f"must not be above `max_time`, got {probe.min_time} "
                            f"s > {probe.max_time} s"))  # fmt: skip
    return faults


def _profile_rules(sound: Sections) -> list[Fault]:
    profile = sound.get("profile")
    if profile is None or profile.from_ or profile.candidates >= 5:
        return []
    if profile.candidates == 0 and profile.elsewhere:
        return [Fault("profile.elsewhere", "what is carried over needs a few measured here, got "
                      "`profile.candidates` 0; use 5 and more")]  # fmt: skip
    if profile.candidates == 0:
        return []
    return [Fault("profile.candidates", "fewer than 5 measurements fit no predictor, got "
                  f"{profile.candidates}; use 0 to do without, or 5 and more")]  # fmt: skip


def _resource_rules(sound: Sections) -> list[Fault]:
    resources = sound.get("resources", {})
    faults = [
        Fault(f"resources.{name}", f"must be finite and not negative, got {amount}")
        for name, amount in resources.items()
        if not 0 <= amount < math.inf
    ]
    if "resources" in sound and not any(amount > 0 for amount in resources.values()):
        faults.append(Fault("resources", "needs something a trial takes, such as `cpu: 1`"))
    return faults


def _warm_start_rules(sound: Sections) -> list[Fault]:
    """Points lie in the space, and are not given twice."""
    warm, parameters = sound.get("warm_start"), sound.get("space")
    if warm is None or not parameters or space_faults(parameters, set()):
        return []
    space = build_space(parameters)
    faults = [
        Fault(f"warm_start.points.{index}", says)
        for index, point in enumerate(warm.points)
        for says in space.faults_of(point)
    ]
    for index, point in enumerate(warm.points):
        if point in warm.points[:index]:
            says = f"is the same as point {warm.points.index(point)}; keep one"
            faults.append(Fault(f"warm_start.points.{index}", says))
    return faults


def _acquisition_rules(sound: Sections) -> list[Fault]:
    acquisition, strategy = sound.get("acquisition"), sound.get("strategy")
    if acquisition is None or not acquisition.per_second or strategy in (None, PER_SECOND):
        return []
    says = f"only {PER_SECOND!r} counts seconds, got strategy {strategy!r}; leave it out"
    return [Fault("acquisition.per_second", says)]


def _log_rules(sound: Sections) -> list[Fault]:
    """A replay takes no time that one could look on."""
    if sound.get("table") is None or not sound.get("logs"):
        return []
    names = ", ".join(log.name for log in sound["logs"])
    says = f"a recorded table is replayed without Ray, which carries the logs, got {names}"
    return [Fault("logs", f"{says}; leave `logs` out")]


RULES: tuple[Callable[[Sections], list[Fault]], ...] = (
    _problem_rules, _table_rules, _budget_rules, _objective_rules, _probe_rules, _profile_rules,
    _resource_rules, _warm_start_rules, _acquisition_rules, _log_rules,
)  # fmt: skip
