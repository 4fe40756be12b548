"""Runs several strategies on one sweep with the same seeds, and puts the results side by side.

Each (strategy, seed) is a run of its own in `<folder>/<strategy>/seed-<n>`. A finished one is never
run again and an unfinished one is resumed, so the comparison as a whole can be continued.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from ..constraints.errors import Fault, SpecError, did_you_mean
from ..constraints.metrics import METRICS
from ..orchestrator.strategies.registry import STRATEGIES
from .curves import Curve, incumbent_curve
from .page import picture, render, table
from .plots import regret_figure, to_png
from .preflight import resolve
from .run_folder import RunFolder
from .spec import Spec
from .spec_files import load_spec
from .summary import Summary, summarise
from .sweep import Listener, Sweep, create, load, resume

Log = Callable[[str], object]


@dataclass(frozen=True, eq=False)
class Arm:
    """One strategy with all its repeats."""

    strategy: str
    sweeps: Sequence[Sweep]

    def summaries(self) -> list[Summary]:
        """One a repeat."""
        return [summarise(sweep.plan, sweep.state) for sweep in self.sweeps]

    def curves(self) -> list[Curve]:
        """One a repeat."""
        return [incumbent_curve(sweep.plan, sweep.state) for sweep in self.sweeps]


@dataclass(frozen=True, eq=False)
class Comparison:
    """All arms; `complete` is False if it was interrupted."""

    spec: Spec
    arms: Sequence[Arm]
    complete: bool


def compare(
    spec: Spec,
    strategies: Sequence[str],
    repeats: int,
    *,
    folder: Path,
    address: str | None,
    listener: Listener,
    log: Log,
) -> Comparison:
    """Run what is missing, then compare.

    Args:
        spec: of the sweep; its seed is the first one.
        strategies: names.
        repeats: seeds of each.
        folder: of the comparison.
        address: of a Ray cluster; None starts Ray here.
        listener: of the running sweeps.
        log: takes a line for each run that begins.

    Raises:
        SpecError: if a name is unknown, or the folder holds runs of another spec.
    """
    _check_names(strategies)
    runs = [(name, spec.seed + repeat) for repeat in range(repeats) for name in strategies]
    _check_existing(spec, runs, folder)
    done: dict[str, list[Sweep]] = {name: [] for name in strategies}
    for name, seed in runs:
        sweep = _one(spec, name, seed, folder, address=address, listener=listener, log=log)
        if not sweep.finished:
            return Comparison(spec, _arms(done), complete=False)
        done[name].append(sweep)
    result = Comparison(spec, _arms(done), complete=True)
    write_comparison(result, folder)
    return result


def comparison_table(comparison: Comparison) -> pd.DataFrame:
    """One row a strategy; mean and standard deviation over the repeats."""
    return pd.DataFrame([_row(arm) for arm in comparison.arms])


def write_comparison(comparison: Comparison, folder: Path) -> None:
    """Write `comparison.md`, `.csv`, `.html` and `regret.png`."""
    frame = comparison_table(comparison)
    figure = regret_figure(
        {arm.strategy: arm.curves() for arm in comparison.arms},
        f"best feasible {METRICS[comparison.spec.objectives[0]].short}",
    )
    frame.to_csv(folder / "comparison.csv", index=False)
    (folder / "comparison.md").write_text(_markdown(frame))
    (folder / "regret.png").write_bytes(to_png(figure))
    caption = "median of the repeats, their range shaded"
    sections = [*table("Strategies", frame), *picture(f"Best feasible so far ({caption})", figure)]
    title = f"hyperwatt: strategies on {comparison.spec.name}"
    count = len(comparison.arms[0].sweeps)
    (folder / "comparison.html").write_text(render(title, f"{count} seeds a strategy", sections))


def _one(
    spec: Spec, name: str, seed: int, folder: Path,
    *, address: str | None, listener: Listener, log: Log,
) -> Sweep:  # fmt: skip
    run = RunFolder(folder / name / f"seed-{seed}")
    if not run.journal.is_file():
        log(f"{name}, seed {seed}: {run.path}")
        variant = spec.model_copy(update={"strategy": name, "seed": seed})
        create(variant, run, address=address)
        return resume(run, address=address, listener=listener)
    sweep = load(run)
    log(f"{name}, seed {seed}: " + ("kept" if sweep.finished else "resumed"))
    return sweep if sweep.finished else resume(run, address=address, listener=listener)


def _arms(done: dict[str, list[Sweep]]) -> list[Arm]:
    return [Arm(name, sweeps) for name, sweeps in done.items() if sweeps]


def _check_names(strategies: Sequence[str]) -> None:
    faults = [
        Fault("--strategies", f"no strategy {name!r}; {did_you_mean(name, STRATEGIES)}")
        for name in strategies
        if name not in STRATEGIES
    ]
    faults += [
        Fault("--strategies", f"{name!r} is named twice")
        for name in sorted({name for name in strategies if strategies.count(name) > 1})
    ]
    if not strategies:
        faults.append(Fault("--strategies", f"names none; {did_you_mean('', STRATEGIES)}"))
    if faults:
        raise SpecError("the comparison", faults)


def _check_existing(spec: Spec, runs: Sequence[tuple[str, int]], folder: Path) -> None:
    """Runs that are there already must be of the same sweep."""
    faults = []
    for name, seed in runs:
        run = RunFolder(folder / name / f"seed-{seed}")
        if not run.journal.is_file():
            continue
        there = load_spec(str(run.spec))
        wanted = resolve(spec.model_copy(update={"strategy": name, "seed": seed}))
        changed = [key for key in Spec.model_fields if getattr(there, key) != getattr(wanted, key)]
        if changed:
            faults.append(Fault(
                str(run.path), f"was run with another {', '.join(changed)}; choose another `--dir`"
            ))  # fmt: skip
    if faults:
        raise SpecError("the comparison", faults)


def _row(arm: Arm) -> dict[str, object]:
    summaries, curves = arm.summaries(), arm.curves()
    return {
        "strategy": arm.strategy,
        "seeds": len(summaries),
        "best feasible": _mean_std([curve.best[-1] for curve in curves], 4),
        "found feasible": f"{sum(np.isfinite(curve.best[-1]) for curve in curves)}/{len(curves)}",
        "dispatched": _mean_std([s.dispatched for s in summaries], 1),
        "infeasible, not trained": _mean_std([s.infeasible for s in summaries], 1),
        "infeasible, trained": _mean_std([s.trained_infeasible for s in summaries], 1),
        "trainings saved": _mean_std([s.saved for s in summaries], 1),
        "training wasted (s)": _mean_std([s.wasted_s for s in summaries], 1),
        "running time (s)": _mean_std([s.elapsed_s for s in summaries], 1),
    }


def _mean_std(values: Sequence[float], digits: int) -> str:
    known = np.array([value for value in values if np.isfinite(value)], dtype=np.float64)
    if not len(known):
        return "none"
    spread = f" +- {known.std(ddof=1):.{digits}f}" if len(known) > 1 else ""
    return f"{known.mean():.{digits}f}{spread}"


def _markdown(frame: pd.DataFrame) -> str:
    rows = [list(frame.columns), ["---"] * len(frame.columns)]
    rows += [[str(cell) for cell in row] for row in frame.itertuples(index=False)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows) + "\n"
