"""A comparison as it is ordered on the command line, and its carrying out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import get_args

from ..constraints.errors import Fault, SpecError, did_you_mean
from .compared_runs import Log
from .comparison import Comparison
from .comparison_limits import with_limits
from .comparison_report import write_comparison
from .feasible_budgets import parse_shares, sample_costs
from .feasible_shares import AtShare, compare_shares
from .preflight import check_surroundings
from .protocol import EarlyStopping, Variant, all_strategies, variants_of
from .run_comparison import compare
from .spec import Spec
from .sweep import Listener

STRATEGIES = "hw-ieci,ei,random"  # without a protocol


@dataclass(frozen=True, eq=False)
class Order:
    """What is to be compared.

    Attributes:
        spec: of all runs, its limits as they were asked for.
        variants: the arms.
        repeats: seeds of each.
        shares: feasible shares to set the budget by; empty to keep the spec's.
        candidates: measured to set it.
        at_once: runs at a time; None for one, and for as many replays as there are cores.
    """

    spec: Spec
    variants: Sequence[Variant]
    repeats: int
    shares: Sequence[float]
    candidates: int
    at_once: int | None = None

    @property
    def one_at_a_time(self) -> bool:
        """Whether a single run can be watched."""
        return self.spec.table is None and (self.at_once or 1) == 1

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
        trials: int | None = None,
        hours: float | None = None,
        settings: Sequence[str] = (),
        at_once: int | None = None,
    ) -> Order:
        """From the words of a command line; `settings` are those the spec was changed by.

        Raises:
            SpecError: if a word is not known, or two cannot stand together.
        """
        words = ",".join(all_strategies()) if protocol and strategies is None else strategies
        names = [n.strip() for n in (STRATEGIES if words is None else words).split(",")]
        limited = with_limits(
            spec, protocol=protocol, trials=trials, hours=hours, settings=settings
        )
        forms = _early_stopping(early_stopping or ("both" if protocol else "as-is"))
        return Order(
            limited,
            variants_of(spec, [name for name in names if name], forms),
            repeats,
            parse_shares(feasible) if feasible else [],
            candidates,
            at_once,
        )


@dataclass(frozen=True, eq=False)
class Outcome:
    """One comparison, or one at each share.

    Attributes:
        comparison: if the spec's own budget was kept.
        shares: otherwise.
        interrupted: whether somebody stopped it.
        failed: a line for each run that failed, if any did.
    """

    comparison: Comparison | None
    shares: Sequence[AtShare]
    interrupted: bool
    failed: Sequence[str]


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
    try:
        return _carry_out(order, folder, address=address, listener=listener, log=log)
    except KeyboardInterrupt:  # between two runs, or while Ray starts
        return Outcome(None, [], interrupted=True, failed=[])


def _carry_out(
    order: Order, folder: Path, *, address: str | None, listener: Listener, log: Log
) -> Outcome:
    run = partial(
        compare, variants=order.variants, repeats=order.repeats,
        address=address, listener=listener, log=log, at_once=order.at_once,
    )  # fmt: skip
    if not order.shares:
        comparison = run(order.spec, folder=folder)
        if comparison.arms and not comparison.interrupted:
            write_comparison(comparison, folder)
        return Outcome(comparison, [], comparison.interrupted, comparison.failed)
    costs = sample_costs(
        order.spec, folder / "calibration",
        candidates=order.candidates, address=address, listener=listener,
    )  # fmt: skip
    done, interrupted = compare_shares(
        order.spec, order.shares, costs, lambda spec, place: run(spec, folder=place), folder=folder
    )
    failed = [line for at in done for line in at.comparison.failed]
    return Outcome(None, done, interrupted, failed)


def _early_stopping(word: str) -> EarlyStopping:
    known = get_args(EarlyStopping)
    if word not in known:
        says = f"no way {word!r}; {did_you_mean(word, known)}"
        raise SpecError("the comparison", [Fault("--early-stopping", says)])
    return word  # type: ignore[return-value]  # one of the literals
