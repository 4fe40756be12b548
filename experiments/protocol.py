"""HyperPower's experiment: four solvers in two forms, with and without early termination.

Each solver runs constraint-unaware (the paper's "default": whatever it asks for is trained) and in
its HyperPower form (a predicted violation is never dispatched). Without a constraint the
acquisitions of HW-CWEI and HW-IECI are the same, plain expected improvement, so the two share
their default. Either the number of evaluations is fixed, or the time.

References:
    [Stamoulis2018] HyperPower, DATE 2018.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ..constraints.errors import Fault, SpecError, did_you_mean
from ..orchestrator.strategies.registry import STRATEGIES, missing_extra
from .spec import AcquisitionSpec, EarlyStoppingSpec, Spec
from .spec_rules import PER_SECOND

FIXED_EVALUATIONS, FIXED_TIME = "fixed-evaluations", "fixed-time"
PROTOCOLS = (FIXED_EVALUATIONS, FIXED_TIME)
UNLIMITED_S, UNLIMITED_TRIALS = 1e9, 1_000_000
EarlyStopping = Literal["as-is", "both", "on", "off"]


@dataclass(frozen=True)
class Solver:
    """A method in its two forms, by the names of our strategies."""

    name: str
    default: str
    hyperpower: str


SOLVERS = (
    Solver("Rand", "random", "hw-random"),
    Solver("Rand-Walk", "random-walk", "hw-random-walk"),
    Solver("HW-CWEI", "ei", "hw-cwei"),
    Solver("HW-IECI", "ei", "hw-ieci"),
)


@dataclass(frozen=True)
class Variant:
    """A strategy, with the spec's early stopping or without any.

    Attributes:
        strategy: its name.
        full: whether every training goes to its end.
    """

    strategy: str
    full: bool = False

    @property
    def name(self) -> str:
        """For people and for a folder."""
        return f"{self.strategy}-full" if self.full else self.strategy

    def spec(self, spec: Spec, seed: int) -> Spec:
        """The sweep of this variant, without what its strategy knows nothing of."""
        rules = EarlyStoppingSpec() if self.full else spec.early_stopping
        knows = self.strategy == PER_SECOND
        return spec.model_copy(
            update={
                "strategy": self.strategy,
                "seed": seed,
                "early_stopping": rules,
                "acquisition": spec.acquisition if knows else AcquisitionSpec(),
            }
        )


def apply_protocol(spec: Spec, protocol: str) -> Spec:
    """The spec with one of its two limits lifted.

    Raises:
        SpecError: if there is no such protocol.
    """
    if protocol not in PROTOCOLS:
        says = f"no protocol {protocol!r}; {did_you_mean(protocol, PROTOCOLS)}"
        raise SpecError("the comparison", [Fault("--protocol", says)])
    lifted = {"wall_clock": UNLIMITED_S}
    if protocol == FIXED_TIME:
        lifted = {"trials": UNLIMITED_TRIALS}
    return spec.model_copy(update={"limits": spec.limits.model_copy(update=lifted)})


def ignored_line(spec: Spec, variants: Sequence[Variant]) -> str:
    """Which variants leave out something that the spec asks for; empty if none does."""
    if not spec.acquisition.per_second:
        return ""
    names = [variant.name for variant in variants if variant.strategy != PER_SECOND]
    says = f"`acquisition.per_second` is known to {PER_SECOND!r} alone"
    return f"{says}; without it: {', '.join(names)}" if names else ""


def all_strategies() -> tuple[str, ...]:
    """Both forms of every solver, each once."""
    names = [name for solver in SOLVERS for name in (solver.default, solver.hyperpower)]
    return tuple(dict.fromkeys(names))


def variants_of(
    spec: Spec, strategies: Sequence[str], early_stopping: EarlyStopping
) -> list[Variant]:
    """The arms of a comparison.

    Args:
        spec: of the sweep.
        strategies: names.
        early_stopping: `as-is` and `on` keep the rules of the spec, `off` drops them, `both` runs
            each strategy with and without.

    Raises:
        SpecError: with every name that is unknown, stands twice or is not installed, and if there
            are no rules to switch.
    """
    faults = [
        Fault("--strategies", f"no strategy {name!r}; {did_you_mean(name, STRATEGIES)}")
        for name in strategies
        if name not in STRATEGIES
    ]
    faults += [Fault("--strategies", says) for says in map(missing_extra, strategies) if says]
    faults += [
        Fault("--strategies", f"{name!r} is named twice")
        for name in sorted({name for name in strategies if strategies.count(name) > 1})
    ]
    if not strategies:
        faults.append(Fault("--strategies", f"names none; {did_you_mean('', STRATEGIES)}"))
    if early_stopping in ("both", "on") and spec.early_stopping == EarlyStoppingSpec():
        says = f"{early_stopping!r} needs a rule under `early_stopping` of the spec; it has none"
        faults.append(Fault("--early-stopping", says))
    if faults:
        raise SpecError("the comparison", faults)
    forms = {"as-is": [False], "on": [False], "off": [True], "both": [False, True]}
    return [Variant(name, full) for full in forms[early_stopping] for name in strategies]
