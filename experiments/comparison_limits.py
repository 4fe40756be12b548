"""The limits of a comparison's runs, as the command line asks for them.

A protocol fixes one limit and lifts the other; `--trials` and `--hours` set one and leave the other
as the spec has it, unless the protocol lifts it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ..constraints.errors import Fault, SpecError
from .protocol import FIXED_EVALUATIONS, FIXED_TIME, apply_protocol
from .spec import Spec

LIFTED = {FIXED_TIME: "--trials", FIXED_EVALUATIONS: "--hours"}  # by a protocol, the other's option
SETTING = {"--trials": "limits.trials", "--hours": "limits.wall_clock"}
HOUR_S = 3600.0


def with_limits(
    spec: Spec,
    *,
    protocol: str | None = None,
    trials: int | None = None,
    hours: float | None = None,
    settings: Sequence[str] = (),
) -> Spec:
    """The spec under the limits that were asked for.

    Args:
        spec: checked.
        protocol: `fixed-evaluations`, `fixed-time` or None.
        trials: of each run.
        hours: of each run; of a table in its own time.
        settings: changes that were made to the spec, such as `limits.trials=20`.

    Raises:
        SpecError: with every conflict and every value that is none.
    """
    given = {"--trials": trials, "--hours": hours}
    asked = {option: value for option, value in given.items() if value is not None}
    faults = [*_conflicts(asked, protocol, settings), *_bad_values(trials, hours)]
    if faults:
        raise SpecError("the comparison", faults)
    update: dict[str, float] = {}
    if trials is not None:
        update["trials"] = trials
    if hours is not None:
        update["wall_clock"] = hours * HOUR_S
    limited = spec.model_copy(update={"limits": spec.limits.model_copy(update=update)})
    return apply_protocol(limited, protocol) if protocol else limited


def _conflicts(
    asked: dict[str, float], protocol: str | None, settings: Sequence[str]
) -> Iterator[Fault]:
    if len(asked) > 1:
        both = " and ".join(f"{option} {value:g}" for option, value in asked.items())
        says = f"only one limit can be set, got {both}; keep one, or use `--set limits.*` for both"
        yield Fault("--trials", says)
    for option, value in asked.items():
        if LIFTED.get(protocol or "") == option:
            other = next(o for o in SETTING if o != option)
            instead = next(p for p in LIFTED if p != protocol)
            yield Fault(option, f"`--protocol {protocol}` lifts this limit, got {value:g}; use "
                        f"{other}, or `--protocol {instead}`")  # fmt: skip
        for setting in settings:
            if setting.partition("=")[0].strip() in (SETTING[option], "limits"):
                says = f"is set by `--set {setting}` too, got {value:g}; keep one of them"
                yield Fault(option, says)


def _bad_values(trials: int | None, hours: float | None) -> Iterator[Fault]:
    if trials is not None and trials < 1:
        yield Fault("--trials", f"must be 1 or more, got {trials}; leave it out for the spec's")
    if hours is not None and not 0 < hours < math.inf:
        says = f"must be above 0 and finite, got {hours:g}; leave it out for the spec's"
        yield Fault("--hours", says)
