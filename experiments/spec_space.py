"""The `space` section of a spec: parameters as people write them, and the space they make."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from ..constraints.domains import Choice, Domain, Float, Int
from ..constraints.errors import Fault
from ..constraints.space import Parameter, Space, tree_faults

Scalar = StrictBool | StrictInt | StrictFloat | StrictStr
Condition = Scalar | list[Scalar]


class _ParameterSpec(BaseModel):
    """What all parameters share."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    when: dict[str, Condition] = Field(default_factory=dict)

    def domain(self) -> Domain:
        """The values.

        Raises:
            ValueError: if the range or the list is not one.
        """
        raise NotImplementedError

    def parameter(self, name: str) -> Parameter:
        """The parameter of this section."""
        when = {
            parent: tuple(values) if isinstance(values, list) else (values,)
            for parent, values in self.when.items()
        }
        return Parameter(name, self.domain(), when)


class IntSpec(_ParameterSpec):
    """`{type: int, low: 1, high: 8, log: false}`."""

    type: Literal["int"]
    low: StrictInt
    high: StrictInt
    log: bool = False

    def domain(self) -> Domain:
        """Whole numbers."""
        return Int(self.low, self.high, self.log)


class FloatSpec(_ParameterSpec):
    """`{type: float, low: 0.001, high: 0.1, log: true}`."""

    type: Literal["float"]
    low: float
    high: float
    log: bool = False

    def domain(self) -> Domain:
        """Real numbers."""
        return Float(self.low, self.high, self.log)


class ChoiceSpec(_ParameterSpec):
    """`{type: choice, values: [3, 5, 7], ordered: true}`."""

    type: Literal["choice"]
    values: list[Scalar]
    ordered: bool = False

    def domain(self) -> Domain:
        """The listed values."""
        return Choice(tuple(self.values), self.ordered)


ParameterSpec = Annotated[IntSpec | FloatSpec | ChoiceSpec, Field(discriminator="type")]


def space_faults(
    parameters: Mapping[str, ParameterSpec], unsound: Collection[str] = ()
) -> list[Fault]:
    """What is wrong with ranges and conditions, each with its place.

    Args:
        parameters: those that could be read.
        unsound: names of those that could not; conditions on them are not faulted for it.
    """
    faults: list[Fault] = []
    sound = [Parameter(name, _stand_in(parameters, name), {}) for name in unsound]
    for name, spec in parameters.items():
        try:
            sound.append(spec.parameter(name))
        except ValueError as error:
            faults.append(Fault(f"space.{name}", str(error)))
            # conditions on it must still find it, whatever its range
            sound.append(Parameter(name, _stand_in(parameters, name), {}))
    return faults + [Fault(f"space.{name}.when", says) for name, says in tree_faults(sound)]


def build_space(parameters: Mapping[str, ParameterSpec]) -> Space:
    """The space of a section without faults."""
    return Space.of(spec.parameter(name) for name, spec in parameters.items())


def _stand_in(parameters: Mapping[str, ParameterSpec], name: str) -> Domain:
    """A domain that holds every value some condition asks of a faulty parameter."""
    asked = [
        value
        for spec in parameters.values()
        for condition in [spec.when.get(name, [])]
        for value in (condition if isinstance(condition, list) else [condition])
    ]
    distinct = {(type(value), value): value for value in asked}
    return Choice(tuple(distinct.values()) or (0,))
