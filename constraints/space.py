"""A tree of parameters: some exist only under certain values of another.

Many points at once are an array of units, `(n, d)` in [0, 1], one column a parameter in the order
of `Space.parameters`, snapped to values, and NaN where a parameter does not exist. Candidates are
made of single rows, at the border.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from itertools import product

import numpy as np
from numpy.typing import NDArray

from .candidate import Candidate
from .domains import Array, Domain, Value, is_discrete
from .errors import did_you_mean


@dataclass(frozen=True)
class Parameter:
    """A name, the values it may take, and when it exists.

    Attributes:
        name: unique in the space.
        domain: its values.
        when: parent name to the parent's values under which this parameter exists; all must hold.
    """

    name: str
    domain: Domain
    when: Mapping[str, tuple[Value, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Space:
    """All candidates of a sweep.

    Attributes:
        parameters: parents before their children.
    """

    parameters: tuple[Parameter, ...]

    @staticmethod
    def of(parameters: Iterable[Parameter]) -> Space:
        """Build a space from parameters in any order.

        Raises:
            ValueError: with every fault: a parent that is missing, continuous, or cannot take
                the value of a condition; a circle; a name used twice.
        """
        listed = list(parameters)
        faults = [fault for _, fault in tree_faults(listed)]
        if faults:
            raise ValueError("; ".join(faults))
        by_name = {parameter.name: parameter for parameter in listed}
        order = TopologicalSorter({p.name: sorted(p.when) for p in listed}).static_order()
        return Space(tuple(by_name[name] for name in order))

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns."""
        return tuple(parameter.name for parameter in self.parameters)

    def sample(self, count: int, rng: np.random.Generator) -> Array:
        """Draw points uniformly.

        Returns:
            `(count, d)` units, snapped, NaN where inactive.
        """
        return self.snap(rng.random((count, len(self.parameters))))

    def snap(self, units: Array) -> Array:
        """Move units to values and blank what does not exist under them.

        Args:
            units: `(n, d)` in [0, 1], no NaN.
        """
        snapped = np.column_stack(
            [p.domain.snap(units[:, j]) for j, p in enumerate(self.parameters)]
        )
        active = np.ones(snapped.shape, dtype=bool)
        for j, parameter in enumerate(self.parameters):
            for parent, allowed in self._conditions[parameter.name]:
                held = np.isclose(snapped[:, [parent]], allowed, rtol=0, atol=1e-12).any(axis=1)
                active[:, j] &= active[:, parent] & held
        return np.where(active, snapped, np.nan)

    def neighbours(
        self, point: Array, count: int, rng: np.random.Generator, *, spread: float | Array
    ) -> Array:
        """Draw points near one: each parameter moves with a normal step.

        An unordered choice has no near values: it is drawn anew in a share `spread` of the points.

        Args:
            point: `(d,)` units, NaN where inactive; what is inactive is drawn anew. Or one for
                each draw, `(count, d)`.
            count: how many.
            rng: source of the draws.
            spread: standard deviation of the step, in units of the range; or `(count, 1)`.
        """
        fresh = rng.random((count, point.shape[-1]))
        start = np.where(np.isnan(point), fresh, point)
        near = start + spread * rng.standard_normal(fresh.shape)
        near = 1.0 - np.abs(1.0 - np.abs(near) % 2.0)  # reflected at both ends of the range
        redrawn = rng.random(fresh.shape) < spread
        near = np.where(self._unordered, np.where(redrawn, fresh, start), near)
        return self.snap(near)

    def candidate(self, row: Array) -> Candidate:
        """The candidate of one row of units, `(d,)`."""
        return Candidate(
            {p.name: p.domain.value(u) for p, u in zip(self.parameters, row, strict=True)
             if not np.isnan(u)}
        )  # fmt: skip

    def encode(self, candidates: Sequence[Mapping[str, object]]) -> Array:
        """The units of candidates, `(n, d)`.

        Raises:
            ValueError: names an unknown, missing, inactive or impossible parameter.
        """
        rows = np.empty((len(candidates), len(self.parameters)))
        for i, candidate in enumerate(candidates):
            rows[i] = self._units_of(candidate)
        return rows

    def faults_of(self, candidate: Mapping[str, object]) -> list[str]:
        """All that keeps a candidate out of the space; empty if it lies inside.

        >>> from .domains import Choice
        >>> space = Space.of([Parameter("a", Choice((1, 2))), Parameter("b", Choice((3,)))])
        >>> space.faults_of({"a": 1, "b": 4, "c": 5})
        ['`b` must be one of [3], got 4', "no parameter 'c' in the space; known: a, b"]
        """
        faults = []
        for parameter in self.parameters:
            try:
                self._unit_of(parameter, candidate)
            except ValueError as error:
                faults.append(str(error))
        unknown = [name for name in candidate if name not in self.names]
        return faults + [self._unknown(name) for name in unknown]

    def enumerate(self, most: int) -> Array | None:
        """All points of a discrete space, if there are at most `most` before conditions; or None.

        Returns:
            `(n, d)` units without duplicates.
        """
        domains = [p.domain for p in self.parameters]
        if not all(is_discrete(domain) for domain in domains):
            return None
        values = [d.values for d in domains if is_discrete(d)]
        if np.prod([float(len(v)) for v in values]) > most:
            return None
        columns = [[d.unit(v) for v in vs] for d, vs in zip(domains, values, strict=True)]
        points = self.snap(np.array(list(product(*columns)), dtype=np.float64))
        _, first = np.unique(np.nan_to_num(points, nan=-1.0), axis=0, return_index=True)
        return np.asarray(points[np.sort(first)])

    def _units_of(self, candidate: Mapping[str, object]) -> Array:
        """Of one candidate, `(d,)`; kept, because a sweep asks for the same ones again."""
        key = candidate.key if isinstance(candidate, Candidate) else None
        if key is not None and key in self._encoded:
            return self._encoded[key]
        self._refuse_unknown(candidate)
        units = np.array([self._unit_of(p, candidate) for p in self.parameters], dtype=np.float64)
        if key is not None:
            self._encoded[key] = units
        return units

    @cached_property
    def _encoded(self) -> dict[str, Array]:
        return {}

    def _unit_of(self, parameter: Parameter, candidate: Mapping[str, object]) -> float:
        exists = all(candidate.get(p) in values for p, values in parameter.when.items())
        present = parameter.name in candidate
        if exists != present:
            rule = "is missing" if exists else f"does not exist unless {dict(parameter.when)}"
            raise ValueError(f"`{parameter.name}` {rule}, in {dict(candidate)}")
        try:
            return parameter.domain.unit(candidate[parameter.name]) if present else float("nan")
        except ValueError as error:
            raise ValueError(f"`{parameter.name}` {error}") from error

    def _refuse_unknown(self, candidate: Mapping[str, object]) -> None:
        for name in candidate:
            if name not in self.names:
                raise ValueError(self._unknown(name))

    def _unknown(self, name: str) -> str:
        return f"no parameter {name!r} in the space; {did_you_mean(name, self.names)}"

    @cached_property
    def _conditions(self) -> dict[str, list[tuple[int, Array]]]:
        """For each parameter, the column of each parent and the units it exists under."""
        column = {name: j for j, name in enumerate(self.names)}
        return {
            p.name: [
                (column[parent],
                 np.array([self.parameters[column[parent]].domain.unit(v) for v in values]))
                for parent, values in p.when.items()
            ]
            for p in self.parameters
        }  # fmt: skip

    @cached_property
    def _unordered(self) -> NDArray[np.bool_]:
        return np.array([getattr(p.domain, "ordered", True) is False for p in self.parameters])


def row_keys(units: Array) -> list[bytes]:
    """One hashable key a row of snapped units, equal where the candidates are equal."""
    blanked = np.ascontiguousarray(np.nan_to_num(units, nan=-1.0).round(12))
    return [row.tobytes() for row in blanked]


def tree_faults(parameters: Sequence[Parameter]) -> list[tuple[str, str]]:
    """What is wrong with the conditions, as (parameter name, what it says)."""
    by_name = {parameter.name: parameter for parameter in parameters}
    faults = [(name, f"the name {name!r} is used twice") for name in _repeated(parameters)]
    for parameter in parameters:
        for parent, values in parameter.when.items():
            fault = _condition_fault(by_name, parent, values)
            if fault:
                faults.append((parameter.name, fault))
    if not faults:
        try:
            TopologicalSorter({p.name: sorted(p.when) for p in parameters}).prepare()
        except CycleError as error:
            circle = " -> ".join(error.args[1])
            faults.append((error.args[1][0], f"conditions run in a circle: {circle}"))
    return faults


def _condition_fault(
    by_name: Mapping[str, Parameter], parent: str, values: Sequence[Value]
) -> str | None:
    if parent not in by_name:
        return (
            f"a condition on {parent!r}, which is not in the space; {did_you_mean(parent, by_name)}"
        )
    domain = by_name[parent].domain
    if not is_discrete(domain):
        return f"a condition on {parent!r}, which is continuous; make it an int or a choice"
    if not values:
        return f"a condition on {parent!r} with no value; list the values it needs"
    for value in values:
        try:
            domain.unit(value)
        except ValueError as error:
            return f"a condition on {parent!r} that can never hold: {parent} {error}"
    return None


def _repeated(parameters: Sequence[Parameter]) -> list[str]:
    names = [parameter.name for parameter in parameters]
    return sorted({name for name in names if names.count(name) > 1})
