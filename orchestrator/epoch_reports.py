"""The reports of one training, an epoch each: in order, each known once, and which is the best.

A training that was interrupted may have begun anew before its last report; then those after the
new one tell of weights that are lost.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..constraints.metrics import as_loss
from .events import Reported


def with_report(
    reports: Sequence[Reported], new: Reported, interrupted: bool
) -> tuple[Reported, ...]:
    """All that count once there is a new one, in the order of epochs."""
    if interrupted:
        return (*(report for report in reports if report.epoch < new.epoch), new)
    return tuple(sorted((*reports, new), key=lambda report: report.epoch))


def tells_nothing_new(reports: Sequence[Reported], new: Reported, interrupted: bool) -> bool:
    """Whether an epoch is known already, and was not trained again to another end."""
    known = next((report for report in reports if report.epoch == new.epoch), None)
    return known is not None and (not interrupted or known.metrics == new.metrics)


def best_of(reports: Sequence[Reported], metric: str) -> Reported | None:
    """The epoch with the best value of a metric, the first of equals; None if none has it."""
    known = [report for report in reports if metric in report.metrics]
    return min(known, key=lambda report: as_loss(metric, report.metrics[metric]), default=None)
