"""The tables of the page, as lines of Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from benchmarks.search.arms import PERFECT
from benchmarks.search.cells import TRAININGS
from benchmarks.search.environments import PEERS
from benchmarks.search.plots import COLOURS, Grouped
from benchmarks.search.statistics import (
    against_each,
    by_seed,
    friedman_p,
    mean_ranks,
    quartiles,
    ratio_of_spent,
)
from benchmarks.search.summary import Axis, Run, Subject

OURS, VANILLA = "hyperwatt", "ei"
LEAST_SEEDS = 3
Subjects = Mapping[str, Subject]


def result_table(arms: Mapping[str, Sequence[Run]], subject: Subject) -> Iterator[str]:
    """One problem: regret, infeasible, probes, seconds, a line an arm."""
    yield (
        "| arm | seeds | regret after 50 trainings | after 100 | infeasible of 100 sent to train "
        "| only measured: before, then | s/suggestion |"
    )
    yield "|---|---|---|---|---|---|---|"
    for arm in COLOURS:
        if arm not in arms:
            yield f"| {arm} | | | | | | |"
            continue
        runs = arms[arm]
        after = [_regrets(runs, subject, count) for count in (TRAININGS // 2, TRAININGS)]
        infeasible = np.median([100 * run.infeasible / max(1, run.wanted) for run in runs])
        probes, then = (np.median([getattr(r, n) for r in runs]) for n in ("probes", "measured"))
        suggest = f"{np.median([run.suggest_s for run in runs]):.2f}" if arm != PERFECT else ""
        cells = [f"{len(runs)}", _spread(after[0]), _spread(after[1]), f"{infeasible:.0f}"]
        yield f"| {_bold(arm)} | {' | '.join(cells)} | {probes:.0f}, {then:.0f} | {suggest} |"


def headline_table(
    grouped: Grouped, subjects: Subjects, titles: Mapping[str, str], arms: Sequence[str]
) -> Iterator[str]:
    """Median regret after half of the trainings and after all, a column a problem.

    Args:
        grouped: all runs.
        subjects: what is said of the problems.
        titles: of the columns, by problem.
        arms: lines, those without cells left out.
    """
    yield f"| | {' | '.join(titles.values())} |"
    yield "|---" * (len(titles) + 1) + "|"
    for arm in arms:
        cells = [_headline(grouped.get(n, {}).get(arm, ()), subjects[n]) for n in titles]
        if any(cells):
            yield f"| `{arm}` | {' | '.join(cells)} |"


def speed_table(grouped: Grouped, subjects: Subjects, axis: Axis = "at") -> Iterator[str]:
    """Trainings, or seconds, to reach what vanilla Bayesian optimisation has after all of its own.

    Args:
        grouped: all runs.
        subjects: what is said of the problems.
        axis: what is spent.
    """
    yield "| problem | vanilla's best | vanilla | best aware peer | ours | x vanilla | x peer |"
    yield "|---|---|---|---|---|---|---|"
    ratios: list[tuple[float, float]] = []
    for name, arms in grouped.items():
        if not subjects[name].limits or not {OURS, VANILLA} <= set(arms):
            continue
        target = quartiles([run.best_after(TRAININGS) for run in arms[VANILLA]])[1]
        needed = {arm: _needed(runs, target, axis) for arm, runs in arms.items()}
        most = quartiles([_spent(run, axis) for run in arms[VANILLA]])[1]
        peers = {a: n for a, n in needed.items() if a in PEERS and PEERS[a].aware}
        best = min(peers, key=lambda arm: peers[arm], default=None)
        own, vanilla = needed[OURS], needed[VANILLA]
        of_vanilla = ratio_of_spent(own, vanilla, most)
        of_peer = ratio_of_spent(own, peers[best], most) if best else float("nan")
        ratios.append((of_vanilla, of_peer))
        peer = f"{_count(peers[best])} ({best})" if best else ""
        yield (
            f"| {name} | {_number(target)} | {_count(vanilla)} | {peer} | {_count(own)} "
            f"| {of_vanilla:.1f} | {_ratio(of_peer)} |"
        )
    if ratios:
        of_peers = [ratio for _, ratio in ratios if not np.isnan(ratio)]
        middle = [np.median([ratio for ratio, _ in ratios]), np.median(of_peers or [np.nan])]
        yield (
            f"| **median of {len(ratios)} and {len(of_peers)}** | | | | | **{middle[0]:.1f}** "
            f"| **{_ratio(float(middle[1]))}** |"
        )


def rank_table(grouped: Grouped, subjects: Subjects, *, limited: bool) -> Iterator[str]:
    """Average rank of the arms that ran on every problem that ours did, and whether they differ."""
    kept = {
        name: arms
        for name, arms in grouped.items()
        if bool(subjects[name].limits) == limited and len(arms.get(OURS, ())) >= LEAST_SEEDS
    }
    arms = _everywhere(kept)
    if OURS not in arms or len(arms) < 3:
        yield "Too few cells for a rank."
        return
    blocks = [by_seed(_by_arm(kept[name], subjects[name], arms), arms) for name in kept]
    ranks = mean_ranks([block for block in blocks if len(block)])
    corrected = against_each(ranks, arms.index(OURS))
    order = np.argsort(ranks.mean(axis=0))
    yield f"Friedman over {len(ranks)} problems: p = {friedman_p(ranks):.1g}."
    yield ""
    yield "| arm | average rank | first on | p against ours (Wilcoxon, Holm) |"
    yield "|---|---|---|---|"
    for index in order:
        firsts = int((ranks[:, index] == ranks.min(axis=1)).sum())
        p = "" if arms[index] == OURS else f"{corrected[index]:.2g}"
        yield f"| {_bold(arms[index])} | {ranks[:, index].mean():.2f} | {firsts} | {p} |"


def losing_table(grouped: Grouped, subjects: Subjects) -> Iterator[str]:
    """Problems on which a peer, or another of our own arms, has less regret than the default.

    Of those with enough seeds of ours; a peer with fewer is left out too.
    """
    yield "| problem | after | ours | better: median regret |"
    yield "|---|---|---|---|"
    for name, arms in grouped.items():
        if len(arms.get(OURS, ())) < LEAST_SEEDS:
            continue
        for count in (TRAININGS // 2, TRAININGS):
            middles = {arm: _middle(runs, subjects[name], count) for arm, runs in arms.items()
                       if arm != PERFECT and len(runs) >= LEAST_SEEDS}  # fmt: skip
            own = middles.get(OURS, float("inf"))
            better = {arm: m for arm, m in middles.items() if m < own * 0.999 - 1e-12}
            if better:
                words = ", ".join(
                    f"{a} {_number(better[a])}" for a in sorted(better, key=better.get)
                )  # type: ignore[arg-type]
                yield f"| {name} | {count} | {_number(own)} | {words} |"


def cell_table(grouped: Grouped, subjects: Subjects) -> Iterator[str]:
    """Median regret of every arm on every problem after all trainings; empty cells are empty."""
    arms = [arm for arm in COLOURS if any(arm in there for there in grouped.values())]
    yield f"| problem | {' | '.join(arms)} |"
    yield "|---" * (len(arms) + 1) + "|"
    for name in subjects:
        there = grouped.get(name, {})
        cells = [
            _number(_middle(there[arm], subjects[name], TRAININGS)) if arm in there else ""
            for arm in arms
        ]
        words = " (SIMULATED)" if subjects[name].simulated else ""
        yield f"| {name}{words} | {' | '.join(cells)} |"


def _everywhere(grouped: Grouped) -> list[str]:
    """Arms with enough seeds on every problem; the perfect gate is no competitor."""
    return [
        arm
        for arm in COLOURS
        if arm != PERFECT
        and grouped
        and all(len(there.get(arm, ())) >= LEAST_SEEDS for there in grouped.values())
    ]


def _by_arm(
    there: Mapping[str, Sequence[Run]], subject: Subject, arms: Sequence[str]
) -> dict[str, dict[int, float]]:
    regret = {
        arm: {run.seed: run.best_after(TRAININGS) - subject.optimum for run in there[arm]}
        for arm in arms
    }
    return {
        arm: {s: round(max(0.0, r), 9) if np.isfinite(r) else np.inf for s, r in rows.items()}
        for arm, rows in regret.items()
    }


def _regrets(runs: Sequence[Run], subject: Subject, count: int) -> list[float]:
    return [max(0.0, run.best_after(count) - subject.optimum) for run in runs]


def _middle(runs: Sequence[Run], subject: Subject, count: int) -> float:
    return quartiles(_regrets(runs, subject, count))[1]


def _needed(runs: Sequence[Run], target: float, axis: Axis) -> float:
    """Median of what was spent until a loss was reached; any feasible one if it is infinite."""
    return quartiles([run.reached(target, axis) for run in runs])[1]


def _spent(run: Run, axis: Axis) -> float:
    return run.total_s if axis == "seconds" else float(TRAININGS)


def _spread(values: Sequence[float]) -> str:
    low, middle, high = quartiles(values)
    return f"{_number(middle)} ({_number(low)} to {_number(high)})"


def _headline(runs: Sequence[Run], subject: Subject) -> str:
    if not runs:
        return ""
    middles = [_number(_middle(runs, subject, n)) for n in (TRAININGS // 2, TRAININGS)]
    infeasible = np.median([run.infeasible / max(1, run.wanted) for run in runs])
    return f"{' / '.join(middles)} ({len(runs)}; {infeasible:.0%})"


def _number(value: float) -> str:
    return "none" if np.isinf(value) else f"{value:.3g}"


def _count(value: float) -> str:
    return "never" if np.isinf(value) else f"{value:.0f}"


def _ratio(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.1f}"


def _bold(arm: str) -> str:
    return f"**{arm}**" if arm == OURS else arm
