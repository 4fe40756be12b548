"""A comparison at several feasible shares of its space: what a gate is worth where.

A gate pays at tight limits and little at loose ones, so that a ratio at one limit says little. Each
share is a comparison of its own in `<folder>/feasible-<percent>`, under a budget that leaves it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from ..constraints.domains import Array
from ..constraints.metrics import METRICS
from ..constraints.units import format_quantity
from .comparison import Comparison
from .comparison_raw import SPEEDUP_NOTE
from .comparison_report import about_lines, write_comparison
from .comparison_tables import best_values, mean_std, pairs_of, speedups
from .feasible_budgets import bounds_at, with_bounds
from .plots import to_png
from .reporting.exports import markdown_table
from .reporting.page import Page, Section, picture, render, table
from .share_plot import shares_figure
from .spec import Spec
from .speedup import samples_ratio


@dataclass(frozen=True, eq=False)
class AtShare:
    """A comparison under a budget that leaves a share of the space.

    Attributes:
        share: of the candidates that the budget was set with, as a fraction.
        comparison: under that budget.
    """

    share: float
    comparison: Comparison


def compare_shares(
    spec: Spec,
    shares: Sequence[float],
    costs: Mapping[str, Array],
    run: Callable[[Spec, Path], Comparison],
    *,
    folder: Path,
) -> tuple[list[AtShare], bool]:
    """Run a comparison at each share, and write each and all of them.

    Args:
        spec: whose budget is replaced.
        shares: as fractions.
        costs: by metric, `(n,)`, of candidates that stand for the space.
        run: compares a spec in a folder.
        folder: of all.

    Returns:
        The comparisons, and whether they were interrupted.
    """
    done: list[AtShare] = []
    for share in shares:
        place = folder / f"feasible-{100 * share:g}"
        comparison = run(with_bounds(spec, bounds_at(costs, share)), place)
        if comparison.interrupted:
            return done, True
        if comparison.arms:
            write_comparison(comparison, place)
        done.append(AtShare(share, comparison))
    if all(at.comparison.arms for at in done):
        write_shares(done, len(next(iter(costs.values()))), folder)
    return done, False


def shares_table(done: Sequence[AtShare]) -> pd.DataFrame:
    """One row a solver and share."""
    rows = []
    for at in done:
        ratios = dict(speedups(at.comparison))
        for pair in ratios:
            default, praised = pair.default, pair.hyperpower
            rows.append({
                "feasible (%)": f"{100 * at.share:g}",
                "solver": pair.label,
                "default": mean_std(best_values(default, at.comparison.quality), 4),
                "HyperPower": mean_std(best_values(praised, at.comparison.quality), 4),
                "looked at": str(samples_ratio(*pair.curves)),
                "sooner, as good": str(ratios[pair]),
                "never reached": ratios[pair].never,
                "lower bounds": ratios[pair].bounds,
                "pairs": ratios[pair].pairs,
            })  # fmt: skip
    return pd.DataFrame(rows)


def budgets_table(done: Sequence[AtShare]) -> pd.DataFrame:
    """The budget at each share."""
    return pd.DataFrame([
        {"feasible (%)": f"{100 * at.share:g}"} | {
            METRICS[m].short: format_quantity(bound, METRICS[m].unit)
            for m, bound in at.comparison.spec.budget.items()
        }
        for at in done
    ])  # fmt: skip


def write_shares(done: Sequence[AtShare], candidates: int, folder: Path) -> None:
    """Write `shares.md`, `.csv`, `.html` and `.png`."""
    frame, budgets = shares_table(done), budgets_table(done)
    first = done[0].comparison
    lines = [f"budgets set by {candidates:,} candidates of the space", *about_lines(first)[1:]]
    title = f"Feasible shares of {first.spec.name}"
    frame.to_csv(folder / "shares.csv", index=False)
    parts = [f"# {title}", *lines, "## Ratios", markdown_table(frame), SPEEDUP_NOTE]
    parts += ["## Budgets", markdown_table(budgets)]
    (folder / "shares.md").write_text("\n\n".join(parts) + "\n")
    sections = [Section("About", lines=lines)]
    if any(pairs_of(at.comparison) for at in done):
        figure = shares_figure([(at.share, list(speedups(at.comparison))) for at in done])
        (folder / "shares.png").write_bytes(to_png(figure))
        sections += picture("Ratios over the feasible share", figure)
    sections += [*table("Ratios", frame), Section("", lines=[SPEEDUP_NOTE])]
    sections += table("Budgets", budgets)
    (folder / "shares.html").write_text(render(Page(title, lines[0], sections)))
