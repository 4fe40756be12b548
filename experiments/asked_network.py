"""The network that a prediction is asked for: a candidate of a spec, or any builder by its name."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import yaml

from ..constraints.candidate import Candidate
from ..constraints.errors import Fault, NetworkError, SpecError, did_you_mean
from ..constraints.features import feature_names, structural_features
from ..constraints.space import Space
from ..constraints.tracing.network_trace import NetworkTrace
from .candidate_tracing import CandidateTracer, Phase, device_of, kernels_of, shared_tracer
from .problem import problem_of
from .profiling import network_identity
from .spec import Spec
from .spec_space import build_space
from .trained_problem import TrainedProblem


@dataclass(frozen=True, eq=False)
class Asked:
    """A network that was traced.

    Attributes:
        title: for people.
        trace: what it does.
        hyper_parameters: features of the candidate by name; none for a module.
        network: what predictors of it are measured for; None for a module.
    """

    title: str
    trace: NetworkTrace
    hyper_parameters: Mapping[str, float]
    network: str | None = None


def of_spec(
    spec: Spec, settings: Sequence[str], training: bool = False, device: str | None = None
) -> Asked:
    """Trace a candidate of a spec.

    Args:
        spec: of the space; not of a table.
        settings: `name=value`; parameters that are left out take the middle of their range.
        training: trace a training step too.
        device: kind whose kernels to follow; None is that of the spec.

    Raises:
        SpecError: with every setting that is wrong.
        NetworkError: if the network cannot be built or traced.
    """
    if spec.table is not None:
        raise SpecError(spec.name, [Fault("table", "has no network to trace; name another spec")])
    space = build_space(spec.space)
    candidate = chosen_candidate(space, settings)
    problem = TrainedProblem(spec)
    reason = problem.unbuildable_reason(candidate)
    if reason:
        raise NetworkError(reason)
    phases: tuple[Phase, ...] = ("inference", "training") if training else ("inference",)
    there = spec if device is None else spec.model_copy(update={"device": device_of(device)})
    trace = CandidateTracer(TrainedProblem(there), phases).trace(candidate)
    structural = problem_of(spec).structural_names()
    row = structural_features(space, space.encode([candidate]), structural)[0]
    names = feature_names(space, structural)
    title = f"{spec.name}: " + ", ".join(f"{k}={_short(v)}" for k, v in candidate.items())
    known = dict(zip(names, map(float, row), strict=True))
    return Asked(title, trace, known, network_identity(spec))


def of_module(
    name: str,
    settings: Sequence[str],
    input_shape: Sequence[int],
    batch_size: int,
    device: str | None = None,
) -> Asked:
    """Trace the network that a builder makes.

    Args:
        name: `package.module:callable`; found from the working directory too.
        settings: `name=value`, its keyword arguments.
        input_shape: of one item.
        batch_size: items in one inference.
        device: kind whose kernels to follow; None is a GPU.

    Raises:
        SpecError: if there is no such builder, or a setting is none.
        NetworkError: if the network cannot be built or traced.
    """
    build, given = _find(name), _parsed(settings)
    trace = shared_tracer().trace(
        lambda config: build(**config), given, tuple(input_shape),
        batch_size=batch_size, kernels=kernels_of(device_of(device or "cuda"), threads=1),
    )  # fmt: skip
    return Asked(name, trace, {})


def parse_shape(text: str | None) -> tuple[int, ...]:
    """The shape of an item, as `3x224x224`.

    Raises:
        SpecError: if it is none.

    >>> parse_shape("3x32x32")
    (3, 32, 32)
    """
    sides = (text or "").lower().split("x")
    if not all(side.isdigit() and int(side) > 0 for side in sides):
        says = f"needs the shape of one item, such as 3x224x224, got {text!r}"
        raise SpecError("the command line", [Fault("--input", says)])
    return tuple(map(int, sides))


def chosen_candidate(space: Space, settings: Sequence[str]) -> Candidate:
    """A candidate by settings; what is left out takes the middle of its range.

    Raises:
        SpecError: with every setting that the space does not hold.
    """
    given = _parsed(settings)
    known = {parameter.name: parameter.domain for parameter in space.parameters}
    faults = [
        Fault(f"--set {name}", f"is not in the space; {did_you_mean(name, known)}")
        for name in given
        if name not in known
    ]
    units = []
    for name, domain in known.items():
        try:
            units.append(domain.unit(given[name]) if name in given else 0.5)
        except ValueError as error:
            faults.append(Fault(f"--set {name}", str(error)))
    if faults:
        raise SpecError("the command line", faults)
    candidate = space.candidate(space.snap(np.array([units]))[0])
    inactive = [name for name in given if name not in candidate]
    if inactive:
        says = "does not exist under the other settings; leave it out"
        raise SpecError("the command line", [Fault(f"--set {name}", says) for name in inactive])
    return candidate


def _parsed(settings: Sequence[str]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals or not name.strip():
            says = f"needs `name=value`, got {setting!r}"
            raise SpecError("the command line", [Fault("--set", says)])
        try:
            given[name.strip()] = _number(yaml.safe_load(text))
        except yaml.YAMLError as error:
            says = f"the value of {name!r} is not YAML: {error}"
            raise SpecError("the command line", [Fault("--set", says)]) from error
    return given


def _number(value: Any) -> Any:
    """YAML 1.1 reads `1e-2` as a text."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


def _find(name: str) -> Callable[..., Any]:
    module, colon, attribute = name.partition(":")
    if not colon or not module or not attribute:
        says = f"needs `package.module:callable`, got {name!r}"
        raise SpecError("the command line", [Fault("--module", says)])
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        found = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise SpecError("the command line", [Fault("--module", str(error))]) from error
    if not callable(found):
        raise SpecError("the command line", [Fault("--module", f"{name} cannot be called")])
    return found  # type: ignore[no-any-return]  # it is callable


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
