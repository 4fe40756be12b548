"""What the sections of a spec are made of: base class and the kinds of fields."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, PlainSerializer

from ..constraints.errors import Fault, SpecError, did_you_mean
from ..constraints.metrics import METRICS, find_metric
from ..constraints.objective import Objective
from ..constraints.units import parse_quantity
from ..orchestrator.strategies.registry import STRATEGIES
from ..workers.meters.devices import REPLAY, known_devices

WAYS = {"minimise": False, "maximise": True}


class Section(BaseModel):
    """A part of a spec: unknown keys are refused, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _duration(text: object) -> float:
    return parse_quantity(text, "s")


def _known_strategy(name: str) -> str:
    if name not in STRATEGIES:
        raise ValueError(f"no strategy {name!r}; {did_you_mean(name, STRATEGIES)}")
    return name


def _known_device(name: str) -> str:
    known = ("auto", *known_devices(), f"{REPLAY}FILE")
    if name not in known and not name.startswith(REPLAY):
        raise ValueError(f"no device {name!r}; {did_you_mean(name, known)}")
    return name


def _metric(name: str) -> str:
    return find_metric(name).name


def _objective(given: object) -> Objective:
    if isinstance(given, Objective):
        return given
    if isinstance(given, str):
        return Objective.natural(_metric(given))
    if not isinstance(given, dict) or len(given) != 1:
        raise ValueError(f"needs a metric, or `maximise: METRIC`, got {given!r}")
    way, name = next(iter(given.items()))
    if way not in WAYS:
        raise ValueError(f"no way {way!r}; {did_you_mean(str(way), WAYS)}")
    return Objective(_metric(str(name)), WAYS[way])


def _plain_objective(objective: Objective) -> str | dict[str, str]:
    short = METRICS[objective.metric].short
    if objective == Objective.natural(objective.metric):
        return short
    return {way: short for way, maximise in WAYS.items() if maximise == objective.maximise}


def metric_names(listed: str | None) -> list[str]:
    """Full names of costs that are listed on the command line, separated by commas.

    Raises:
        SpecError: with every name that is no cost.
    """
    names = [name.strip() for name in (listed or "").split(",") if name.strip()]
    faults, found = [], []
    for name in names:
        try:
            metric = find_metric(name)
            found.append(metric.name)
            if not metric.is_cost:
                faults.append(Fault("--metrics", f"{name!r} is known only after training"))
        except ValueError as error:
            faults.append(Fault("--metrics", str(error)))
    if faults:
        raise SpecError("the command line", faults)
    return found


class EntryFaults(ValueError):
    """Faults of single entries of a section, as (key, what it says)."""

    def __init__(self, faults: list[tuple[str, str]]) -> None:
        super().__init__("; ".join(f"{key}: {says}" for key, says in faults))
        self.faults = faults


def _bounds(section: object) -> object:
    """Entries of a budget as (full metric name -> SI value)."""
    if not isinstance(section, dict):
        raise ValueError(f"needs metrics with bounds, such as `latency: 20 ms`, got {section!r}")
    faults, bounds = [], {}
    for name, text in section.items():
        try:
            metric = find_metric(str(name))
            bounds[metric.name] = parse_quantity(text, metric.unit)
        except ValueError as error:
            faults.append((str(name), str(error)))
    if faults:
        raise EntryFaults(faults)
    return bounds


def _concurrency(given: object) -> object:
    if given == "auto" or (isinstance(given, int) and not isinstance(given, bool) and given > 0):
        return given
    raise ValueError(f"must be a whole number above 0 or 'auto', got {given!r}")


ObjectiveEntry = Annotated[
    Objective, BeforeValidator(_objective), PlainSerializer(_plain_objective)
]
Concurrency = Annotated[int | Literal["auto"], BeforeValidator(_concurrency)]
Duration = Annotated[
    float, BeforeValidator(_duration), PlainSerializer(lambda seconds: f"{seconds!r} s")
]
Bounds = Annotated[dict[str, float], BeforeValidator(_bounds)]
MetricName = Annotated[str, AfterValidator(_metric)]
DeviceName = Annotated[str, AfterValidator(_known_device)]
StrategyName = Annotated[str, AfterValidator(_known_strategy)]
