"""The plots of the page: regret against what was spent, feasible share, infeasible dispatches."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
import numpy as np

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from benchmarks.search.arms import PERFECT
from benchmarks.search.cells import TRAININGS
from benchmarks.search.statistics import quartiles
from benchmarks.search.summary import Axis, Run, Subject

COLOURS = {
    "hyperwatt": "#d62728",
    "hw-cwei": "#ff7f0e",
    "hw-ieci": "#e6a817",
    "ei": "#8c564b",
    "hw-random": "#bcbd22",
    "random": "#7f7f7f",
    "optuna-tpe": "#1f77b4",
    "optuna-gp": "#17becf",
    "botorch-qlogei": "#2ca02c",
    "smac-penalty": "#e377c2",
    "smac": "#9467bd",
    "skopt": "#393b79",
    "hebo": "#637939",
    "tune-optuna": "#8ca252",
    "optuna-tpe-vanilla": "#9ecae1",
    PERFECT: "#000000",
}
SHARE_ARMS = ("hyperwatt", "hw-cwei", "ei", "random", "optuna-tpe", PERFECT)
Grouped = Mapping[str, Mapping[str, Sequence[Run]]]


def group(runs: Sequence[Run]) -> dict[str, dict[str, list[Run]]]:
    """By problem, then by arm."""
    grouped: dict[str, dict[str, list[Run]]] = {}
    for run in runs:
        grouped.setdefault(run.problem, {}).setdefault(run.arm, []).append(run)
    return grouped


def plot_regret(
    grouped: Grouped,
    subjects: Mapping[str, Subject],
    names: Sequence[str],
    path: Path,
    axis: Axis = "at",
) -> None:
    """Median regret and quartiles of every arm, one panel a problem; of those without cells none.

    Args:
        grouped: all runs.
        subjects: what is said of the problems.
        names: of the problems, in order.
        path: of the picture.
        axis: what was spent.
    """
    names = [name for name in names if grouped.get(name)]
    columns = 3
    rows = max(1, -(-len(names) // columns))
    figure, panels = plt.subplots(
        rows, columns, figsize=(5 * columns, 3.6 * rows + 0.8), squeeze=False, layout="constrained"
    )
    for panel, name in zip(panels.flat, names, strict=False):
        _regret_panel(panel, grouped.get(name, {}), subjects[name], axis)
    for panel in list(panels.flat)[len(names) :]:
        panel.set_axis_off()
    _legend_below(figure, panels)
    _save(figure, path)


def plot_shares(grouped: Grouped, subjects: Mapping[str, Subject], prefix: str, path: Path) -> None:
    """Regret after 50 trainings over the feasible share, in percent at the end of the names."""
    names = sorted((n for n in grouped if n.startswith(prefix)), key=_share)
    figure, panel = plt.subplots(figsize=(6.5, 4.2), layout="constrained")
    for arm in SHARE_ARMS:
        there = [name for name in names if arm in grouped[name]]
        found = [_quartiles(grouped[n][arm], subjects[n], 50) for n in there]
        _band(panel, [_share(name) for name in there], found, arm, marker="o")
    panel.set(xlabel="feasible candidates [%]", ylabel="regret after 50 [percentage points]")
    panel.set_yscale("symlog", linthresh=0.1)
    panel.set_ylim(bottom=0)
    panel.set_title("NAS-Bench-201, Raspberry Pi latency: what a gate is worth", fontsize=10)
    panel.legend(fontsize=8)
    _save(figure, path)


def plot_infeasible(
    grouped: Grouped, subjects: Mapping[str, Subject], names: Sequence[str], path: Path
) -> None:
    """Share of what was dispatched to be trained that broke a limit, a bar an arm."""
    figure, panels = plt.subplots(
        1,
        max(1, len(names)),
        figsize=(3.4 * max(1, len(names)), 4.4),
        sharey=False,
        layout="constrained",
    )
    for panel, name in zip(np.atleast_1d(panels), names, strict=False):
        arms = [arm for arm in COLOURS if arm in grouped.get(name, {})][::-1]
        shares = [
            float(np.median([100 * r.infeasible / max(1, r.wanted) for r in grouped[name][arm]]))
            for arm in arms
        ]
        panel.barh(arms, shares, color=[COLOURS[arm] for arm in arms])
        panel.set(xlim=(0, 100), xlabel="infeasible [%]")
        panel.set_title(_title(subjects[name]), fontsize=8)
        panel.tick_params(labelsize=7)
    _save(figure, path)


def _regret_panel(
    panel: Axes, arms: Mapping[str, Sequence[Run]], subject: Subject, axis: Axis
) -> None:
    x, unit, label = _ticks(arms, axis)
    lowest = np.inf
    for arm in COLOURS:
        if arm not in arms:
            continue
        found = [_quartiles(arms[arm], subject, spent, axis) for spent in x]
        _band(panel, [spent / unit for spent in x], found, arm)
        positive = [middle for _, middle, _ in found if 0 < middle < np.inf]
        lowest = min([lowest, *positive])
    floor = 10 ** np.floor(np.log10(lowest)) if np.isfinite(lowest) else 1e-2
    panel.set_yscale("symlog", linthresh=floor)
    panel.set_ylim(bottom=-0.15 * floor)
    panel.axhline(0.0, color="black", linewidth=0.8, linestyle=":")
    word = "optimum" if subject.proven else "best known"
    panel.text(x[-1] / unit, 0.0, word, fontsize=7, ha="right", va="bottom")
    panel.set_title(_title(subject), fontsize=9)
    panel.set(xlabel=label, ylabel="regret")


def _ticks(arms: Mapping[str, Sequence[Run]], axis: Axis) -> tuple[Sequence[float], float, str]:
    """Where curves are drawn, what one unit of the axis is, and its name."""
    if axis == "at":
        return range(1, TRAININGS + 1), 1.0, "trainings"
    if axis == "dispatched":
        return (
            range(1, 3 * TRAININGS + 1),
            1.0,
            "dispatched: trained, ended at the probe, or measured",
        )
    ends = [run.total_s for runs in arms.values() for run in runs]
    end_s = float(np.median(ends or [1.0]))
    unit, word = (3600.0, "hours") if end_s > 7200 else (1.0, "seconds")
    return np.linspace(0, end_s, 101)[1:].tolist(), unit, f"{word} of probes and trainings"


def _band(
    panel: Axes,
    x: Sequence[float],
    found: Sequence[tuple[float, float, float]],
    arm: str,
    **style: str,
) -> None:
    low, middle, high = (np.array([row[i] for row in found], dtype=float) for i in range(3))
    shown = {PERFECT: "--", "random": ":", "ei": ":"}.get(arm, "-")
    width = 2.2 if arm == "hyperwatt" else 1.2
    colour = COLOURS[arm]
    whole = np.where(np.isfinite(middle), middle, np.nan)
    panel.plot(x, whole, shown, color=colour, linewidth=width, label=arm, **style)
    top = np.where(np.isfinite(high), high, np.nanmax(np.append(whole, 0.0)) * 3)
    panel.fill_between(
        x,
        low,
        top,
        where=np.isfinite(whole),
        color=colour,
        alpha=0.2 if arm == "hyperwatt" else 0.07,
        linewidth=0,
    )


def _quartiles(
    runs: Sequence[Run], subject: Subject, spent: float, axis: Axis = "at"
) -> tuple[float, float, float]:
    return quartiles([max(0.0, run.best_after(spent, axis) - subject.optimum) for run in runs])


def _title(subject: Subject) -> str:
    return f"{subject.name} (SIMULATED)" if subject.simulated else subject.name


def _share(name: str) -> int:
    return int(name.rsplit("-", 1)[1])


def _legend_below(figure: object, panels: np.ndarray) -> None:
    handles = {}
    for panel in panels.flat:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    if not handles:
        return
    place: Callable[..., object] = figure.legend  # type: ignore[attr-defined]
    place(handles.values(), handles.keys(), loc="outside lower center", ncols=8, fontsize=8)


def _save(figure: object, path: Path) -> None:
    figure.savefig(path, dpi=90)  # type: ignore[attr-defined]
    plt.close(figure)  # type: ignore[arg-type]
