"""A comparison as it is ordered on the command line, and its carrying out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import get_args

from ..constraints.errors import Fault, SpecError, did_you_mean
from .comparison import Comparison, Log, compare
from .comparison_report import write_comparison
from .feasible_budgets import parse_shares, sample_costs
from .feasible_shares import AtShare, compare_shares
from .preflight import check_surroundings
from .protocol import EarlyStopping, Variant, all_strategies, apply_protocol, variants_of
from .spec import Spec
from .sweep import Listener

STRATEGIES = "hw-ieci,ei,random"  # without a protocol


@dataclass(frozen=True, eq=False)
class Order:
    """What is to be compared.

    Attributes:
        spec: of all runs, its limits as the protocol wants them.
        variants: the arms.
        repeats: seeds of each.
        shares: feasible shares to set the budget by; empty to keep the spec's.
        candidates: measured to set it.
    """

    spec: Spec
    variants: Sequence[Variant]
    repeats: int
    shares: Sequence[float]
    candidates: int

    @staticmethod
    def of(
        spec: Spec,
        strategies: str | None,
        repeats: int,
        *,
        protocol: str | None = None,
        early_stopping: str | None = None,
        feasible: str | None = None,
        candidates: int = 200,
    ) -> Order:
        """From the words of a command line.

        Raises:
            SpecError: if a word is not known.
        """
        words = ",".join(all_strategies()) if protocol and strategies is None else strategies
        names = [n.strip() for n in (STRATEGIES if words is None else words).split(",")]
        limited = apply_protocol(spec, protocol) if protocol else spec
        forms = _early_stopping(early_stopping or ("both" if protocol else "as-is"))
        return Order(
            limited,
            variants_of(spec, [name for name in names if name], forms),
            repeats,
            parse_shares(feasible) if feasible else [],
            candidates,
        )


@dataclass(frozen=True, eq=False)
class Outcome:
    """One comparison, or one at each share.

    Attributes:
        comparison: if the spec's own budget was kept.
        shares: otherwise.
        complete: whether nothing was interrupted.
    """

    comparison: Comparison | None
    shares: Sequence[AtShare]
    complete: bool


def carry_out(
    order: Order, folder: Path, *, address: str | None, listener: Listener, log: Log
) -> Outcome:
    """Run what is missing of a comparison, and write it.

    Args:
        order: what to compare.
        folder: of the comparison.
        address: of a Ray cluster; None starts Ray here.
        listener: of the running sweeps.
        log: takes a line for each run that begins.

    Raises:
        SpecError: if the spec does not fit its surroundings or the folder.
    """
    check_surroundings(order.spec, address)
    run = partial(
        compare, variants=order.variants, repeats=order.repeats,
        address=address, listener=listener, log=log,
    )  # fmt: skip
    if not order.shares:
        comparison = run(order.spec, folder=folder)
        if comparison.complete:
            write_comparison(comparison, folder)
        return Outcome(comparison, [], comparison.complete)
    costs = sample_costs(
        order.spec, folder / "calibration",
        candidates=order.candidates, address=address, listener=listener,
    )  # fmt: skip
    done, complete = compare_shares(
        order.spec, order.shares, costs, lambda spec, place: run(spec, folder=place), folder=folder
    )
    return Outcome(None, done, complete)


def _early_stopping(word: str) -> EarlyStopping:
    known = get_args(EarlyStopping)
    if word not in known:
        says = f"no way {word!r}; {did_you_mean(word, known)}"
        raise SpecError("the comparison", [Fault("--early-stopping", says)])
    return word  # type: ignore[return-value]  # one of the literals
