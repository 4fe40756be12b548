"""Reads specs: from a file, by the name of a bundled one, with settings changed from outside.

A spec that `extends` another takes over every section that it does not have itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from ..constraints.errors import Fault, SpecError, did_you_mean
from .spec import Spec
from .spec_check import check_spec


def load_spec(name: str, settings: Sequence[str] = ()) -> Spec:
    """Read and check a spec.

    Args:
        name: path of a YAML file, or the name of a bundled spec (`digits`).
        settings: changes such as `limits.trials=20`; values are YAML.

    Raises:
        SpecError: with every fault of the file and the settings.
    """
    source, raw = _read_whole(name, Path())
    faults = [fault for setting in settings for fault in _apply(raw, setting)]
    try:
        spec = check_spec(raw, source)
    except SpecError as error:
        raise SpecError(source, [*faults, *error.faults]) from None
    if faults:
        raise SpecError(source, faults)
    return spec


def bundled_specs() -> dict[str, str]:
    """Texts of the specs that come with the package, by name."""
    folder = files(__package__)
    return {
        entry.name.removesuffix(".yaml"): entry.read_text()
        for entry in folder.iterdir()
        if entry.name.endswith(".yaml")
    }


def write_spec(spec: Spec, path: Path) -> None:
    """Write a spec so that it reads back as the same."""
    path.write_text(yaml.safe_dump(spec.to_plain(), sort_keys=False))


def _read_whole(
    name: str, folder: Path, inside: tuple[str, ...] = ()
) -> tuple[str, dict[Any, Any]]:
    """A spec with the sections of the one that it `extends`; a section it has itself replaces one.

    Args:
        name: of a file or a bundled spec.
        folder: that the name of a file is relative to.
        inside: names of the specs that led here.
    """
    source, text = _read(name, folder)
    try:
        raw = yaml.load(text, _NoDuplicates)
    except yaml.YAMLError as error:
        raise SpecError(source, [Fault("spec", f"is not YAML: {error}")]) from error
    if not isinstance(raw, dict):
        raise SpecError(source, [Fault("spec", f"must be a mapping of sections, got {raw!r}")])
    base = raw.pop("extends", None)
    if base is None:
        return source, raw
    chain = (*inside, name)
    if not isinstance(base, str) or base in chain:
        says = f"must name another spec, got {base!r}"
        raise SpecError(source, [Fault("extends", says)])
    _, sections = _read_whole(base, (folder / name).parent, chain)
    return source, {**sections, **raw}


def _read(name: str, folder: Path) -> tuple[str, str]:
    path = folder / name
    if path.is_file():
        return str(path), _text_of(path)
    bundled = bundled_specs()
    if name in bundled:
        return f"the bundled spec {name!r}", bundled[name]
    looked = f"no file {name!r} and no bundled spec of that name"
    raise SpecError(name, [Fault("spec", f"{looked}; {did_you_mean(name, bundled)}")])


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise SpecError(str(path), [Fault("spec", f"is not a text file: {error}")]) from error


class _NoDuplicates(yaml.SafeLoader):
    """Refuses a key that stands twice, of which YAML would silently keep the last."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        twice = next((key for key in keys if keys.count(key) > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(
                None, None, f"the key {twice!r} stands twice", node.start_mark
            )
        return super().construct_mapping(node, deep)


def _apply(raw: Any, setting: str) -> list[Fault]:
    """Change one value in place, making sections on the way."""
    path, equals, text = setting.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys):
        return [Fault("--set", f"needs `section.key=value`, got {setting!r}")]
    place = raw
    for key in keys[:-1]:
        if not isinstance(place, dict) or not isinstance(place.setdefault(key, {}), dict):
            return [Fault("--set", f"{path!r} leads through {key!r}, which is no section")]
        place = place[key]
    try:
        place[keys[-1]] = yaml.safe_load(text)
    except yaml.YAMLError as error:
        return [Fault("--set", f"the value of {path!r} is not YAML: {error}")]
    return []
