"""How much sooner the reference strategy is than each other, where they are no HyperPower pairs."""

from __future__ import annotations

import pandas as pd

from .common_seeds import paired, reference_arm
from .comparison import Arm, Comparison
from .comparison_tables import pairs_of
from .report_table import Table
from .speedup import Ratios

NOTE = (
    "Ratios of the reference to the other: candidates looked at (trained, or refused by the gate); "
    "how much sooner it had looked at as many; how much sooner, and in how many fewer trainings, "
    "it was as good as the other's best. Above 1 speaks for the reference. Median of the pairs of "
    "equal seed, with its bootstrap interval at 95 % from five pairs on. A value it never reached "
    "counts as 0; where the other found nothing feasible, its whole time is taken, a lower bound."
)


def reference_speedup(comparison: Comparison) -> Table:
    """One row an other strategy; without rows if all arms are HyperPower's pairs."""
    reference = reference_arm(comparison)
    if reference is None or _all_paired(comparison):
        return Table("Speed-up", pd.DataFrame(), pd.DataFrame())
    ratios = [(arm, ratios_of(reference, arm)) for arm in comparison.arms if arm is not reference]
    raw = [
        {"reference": reference.name, "other": arm.name, **row}
        for arm, found in ratios
        for row in found.rows()
    ]
    rows = [{"over": arm.name, **found.cells()} for arm, found in ratios]
    title = f"Speed-up of {reference.name} over the others"
    return Table(title, pd.DataFrame(raw), pd.DataFrame(rows), NOTE)


def ratios_of(praised: Arm, other: Arm) -> Ratios:
    """Over the seeds that both have."""
    pairs = paired(other, praised)
    return Ratios.of([before.curve for before, _ in pairs], [after.curve for _, after in pairs])


def _all_paired(comparison: Comparison) -> bool:
    pairs = pairs_of(comparison)
    members = {arm.name for pair in pairs for arm in (pair.default, pair.hyperpower)}
    return {arm.name for arm in comparison.arms} == members
