"""Checks a spec as a whole and reports every fault at once, each with its place.

Each section is validated by itself, so that a fault in one does not hide those in another; the
rules that need several sections (`spec_rules.py`) run on those that are sound.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, get_args

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from ..constraints.errors import Fault, SpecError, did_you_mean
from .spec import Spec
from .spec_fields import EntryFaults
from .spec_rules import RULES
from .spec_space import ParameterSpec, space_faults


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
    for rule in RULES:
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
