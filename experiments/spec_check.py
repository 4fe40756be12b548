"""Checks a spec as a whole and reports every fault at once, each with its place.

Each section is validated by itself, so that a fault in one does not hide those in another; the
rules that need several sections run on those that are sound.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from ..constraints.errors import Fault, SpecError, did_you_mean
from ..constraints.metrics import COSTS, METRICS
from ..constraints.objective import Objective
from .spec import Spec
from .spec_fields import EntryFaults
from .spec_space import ParameterSpec, build_space, space_faults

Sections = Mapping[str, Any]
MOST_OBJECTIVES = 4  # at one more, the boxes of a front of 30 points are a million


def check_spec(raw: object, source: str) -> Spec:
    """Make a spec from a plain mapping.

    Args:
        raw: as read from YAML.
        source: named in the error.

    Raises:
        SpecError: with all faults.
    """
    if not isinstance(raw, dict):
        raise SpecError(source, [Fault("spec", f"must be a mapping of sections, got {raw!r}")])
    faults = list(_unknown_sections(raw))
    sound: dict[str, Any] = {}
    for name, field in Spec.model_fields.items():
        if name not in raw:
            if field.is_required():
                faults.append(Fault(name, "is missing; see `hyperwatt run digits` for an example"))
            else:
                sound[name] = field.get_default(call_default_factory=True)
            continue
        value, found = _validate(name, field, raw[name])
        faults += found
        if value is not None:
            sound[name] = value
    for rule in _RULES:
        faults += rule(sound)
    if faults:
        raise SpecError(source, faults)
    return Spec.model_validate(raw)


def _validate(name: str, field: FieldInfo, given: object) -> tuple[Any, list[Fault]]:
    """A section's value if it has one, and what is wrong with it."""
    if name == "space" and isinstance(given, dict) and given:
        return _validate_space(given)
    rules = tuple(field.metadata)
    kind: Any = Annotated[(field.annotation, *rules)] if rules else field.annotation
    try:
        return TypeAdapter(kind).validate_python(given), []
    except ValidationError as error:
        return None, list(_field_faults(name, error))


def _validate_space(given: Mapping[str, Any]) -> tuple[dict[str, ParameterSpec], list[Fault]]:
    """Parameter by parameter, so that a fault in one does not hide those in another."""
    adapter: TypeAdapter[ParameterSpec] = TypeAdapter(ParameterSpec)
    sound: dict[str, ParameterSpec] = {}
    faults: list[Fault] = []
    for name, entry in given.items():
        if not isinstance(name, str):
            faults.append(Fault(f"space.{name}", "must have a name, such as `conv_layers`"))
            continue
        try:
            sound[name] = adapter.validate_python(entry)
        except ValidationError as error:
            faults += _field_faults(f"space.{name}", error)
    unsound = {str(name) for name in given} - set(sound)
    return sound, faults + space_faults(sound, unsound)


def _unknown_sections(raw: Mapping[str, Any]) -> Iterator[Fault]:
    for name in raw:
        if name not in Spec.model_fields:
            yield Fault(str(name), f"is no section; {did_you_mean(str(name), Spec.model_fields)}")


def _field_faults(section: str, error: ValidationError) -> Iterator[Fault]:
    places = set()
    for detail in error.errors():
        cause = detail.get("ctx", {}).get("error")
        if isinstance(cause, EntryFaults):
            yield from (Fault(f"{section}.{key}", says) for key, says in cause.faults)
            continue
        place = ".".join([section, *(str(part) for part in detail["loc"] if _is_key(part))])
        if place not in places:  # a union reports once for each of its members
            yield Fault(place, _says(section, detail))
        places.add(place)


def _is_key(part: object) -> bool:
    """Pydantic names the chosen member of a union in the path; people do not write it."""
    if part in ("int", "float", "choice", "str", "bool") or str(part).endswith("Spec"):
        return False
    return "[" not in str(part)


def _says(section: str, detail: Any) -> str:
    kind, given = detail["type"], detail["input"]
    if kind == "extra_forbidden":
        name = str(detail["loc"][-1])
        return f"is not known here; {did_you_mean(name, _keys_of(section, detail['loc']))}"
    if kind == "missing":
        return "is missing"
    if kind == "literal_error":
        expected = detail["ctx"]["expected"].replace(" or ", ", ").replace("'", "").split(", ")
        return f"must be one of these, got {given!r}; {did_you_mean(str(given), expected)}"
    if kind == "union_tag_invalid":
        return f"has no such type: {detail['ctx']['tag']!r}; known: choice, float, int"
    if kind == "union_tag_not_found":
        return "needs a `type`: int, float or choice"
    if ".when." in f".{'.'.join(map(str, detail['loc']))}":
        return f"needs a value of the parent or a list of them, got {given!r}"
    if kind == "string_pattern_mismatch":
        return f"must be made of letters, digits, '.', '_' and '-', got {given!r}"
    message = detail["msg"].removeprefix("Value error, ")
    message = message[0].lower() + message[1:] if message.startswith("Input") else message
    return f"{message}, got {given!r}" if message.startswith("input") else message


def _keys_of(section: str, location: tuple[Any, ...]) -> list[str]:
    """The keys that a place in the spec takes."""
    if section.startswith("space."):
        return ["type", "low", "high", "log", "values", "ordered", "when"]
    kind: Any = Spec.model_fields[section].annotation
    for part in location[:-1]:
        inner = [m.model_fields[part] for m in _models_in(kind) if part in m.model_fields]
        kind = inner[0].annotation if inner else kind  # a number, a key, or a union's member
    models = _models_in(kind)
    return [field.alias or name for m in models for name, field in m.model_fields.items()]


def _models_in(kind: Any) -> list[type[BaseModel]]:
    """The sections that an annotation can hold."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return [kind]
    return [model for inner in get_args(kind) for model in _models_in(inner)]


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
    if profile is None or profile.from_ or profile.candidates == 0 or profile.candidates >= 5:
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


_RULES: tuple[Callable[[Sections], list[Fault]], ...] = (
    _problem_rules, _table_rules, _budget_rules, _objective_rules, _probe_rules, _profile_rules,
    _resource_rules, _warm_start_rules,
)  # fmt: skip
