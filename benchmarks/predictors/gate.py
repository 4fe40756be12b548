"""Does the gate keep its promise, and what does that cost in candidates refused for nothing?

Candidates of a recording arrive in random order, one attempt for each that the gate admits. An
attempt over the budget gives no value, as when memory runs out: only that it was too much. 15
candidates are measured first, predictors are fitted anew every 10 attempts, and the budget is the
40 % quantile of the costs. All gates see the same orders and, but for HyperPower's, the same
predictors.

    python -m benchmarks.predictors.gate --data FOLDER        writes benchmarks/predictors/gate.md
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from hyperwatt.constraints.censored import fit_censored
from hyperwatt.constraints.domains import Array
from hyperwatt.constraints.gate import LEAST_SPREAD, CostGate, Verdict
from hyperwatt.constraints.linear import LinearRecipe
from hyperwatt.constraints.margin import MarginRule, margins_after
from hyperwatt.constraints.objective import Constraint
from hyperwatt.constraints.predictor import Chooser, Prediction, Recipe
from hyperwatt.constraints.promise import Promise
from hyperwatt.constraints.residual import ResidualRecipe

from .report import data_folder, table, write_page
from .streams import Stream, streams

ORDERS, ATTEMPTS, WARM_UP, REFIT, SETTLED = 30, 200, 15, 10, 50
CORES = 2
REACH = 1.0  # in spreads, that such a candidate may lie beyond the gate
LIMITS = """The promise is about the long run; 200 attempts end 0.6 points above 5 % on the
convolutions, 0.2 on EC-NAS, below it elsewhere. What it costs depends on a predictor's error
over the spread of the costs (both as logarithms, from 100 measurements): 0.11 on Once-for-All,
where 3 % of the feasible are refused, 0.18 on NAS-Bench-201, 0.25 on the convolutions, 0.33 on
EC-NAS. The goal of 5 % refused is reached on the first alone. Whoever keeps violations at 5 %
must refuse about so much: in a simulation with a known normal error, 8 % at 0.13 and 23 % at
0.25. Point estimates refuse less, and break up to two and a half times as many budgets. Probes
beyond the gate cost more than they show: in that simulation 10 % of them instead of 3 % raised
violations from 4.3 to 5.4 % and the refused from 8.3 to 12.8 %, since each that breaks the
budget tightens the gate."""


@dataclass(frozen=True)
class Kind:
    """A gate under test.

    Attributes:
        name: for the table.
        recipe: of its predictors.
        refits: whether they learn from attempts.
        promise: that its margins keep; None for a gate of point estimates.
        in_logs: margins are on the logarithm itself rather than in spreads.
        probe_share: so many refused candidates near the gate are attempts too, of the trainings.
    """

    name: str
    recipe: Recipe
    refits: bool = True
    promise: Promise | None = None
    in_logs: bool = False
    probe_share: float = 0.0


BEST = ResidualRecipe(learners=("ridge",))
KINDS = (
    Kind("HyperPower: linear, fitted once, point estimate", LinearRecipe(), refits=False),
    Kind("ours, point estimate", BEST),
    Kind("margin on the logarithm, step 0.05", BEST, in_logs=True,
         promise=Promise(MarginRule(step=0.05, start=0.1, lowest=-10.0))),
    Kind("margin in spreads, 3 % probes", BEST, promise=Promise(), probe_share=0.03),
)  # fmt: skip


@dataclass
class Course:
    """One order of one stream under one gate.

    Attributes:
        attempts: 1 for each that broke the budget.
        refused: for each candidate that arrived, (attempts so far, inside, refused).
    """

    attempts: list[int]
    refused: list[tuple[int, bool, bool]]


def main() -> None:
    """Run all gates on all streams, one a core."""
    data = data_folder("how the gate keeps its promise")
    cases = [
        (data, place, kind, valued)
        for valued in (True, False)
        for place in range(len(streams(data)))
        for kind in range(len(KINDS))
    ]
    with ProcessPoolExecutor(CORES, mp_context=get_context("spawn")) as pool:
        rows = list(pool.map(judged, cases))
    half = len(rows) // 2
    write_page(
        "gate",
        title="Gate: broken budgets among attempts, and feasible candidates refused",
        command="python -m benchmarks.predictors.gate",
        body=f"{ORDERS} random orders each (seeds 0 to {ORDERS - 1}), {ATTEMPTS} attempts, alpha "
        "5 %. Mean and, in brackets, standard deviation over orders.\n\nAn attempt over the budget "
        f"gives its cost all the same:\n\n{table(rows[:half])}\n\nAn attempt over the budget "
        f"gives no value:\n\n{table(rows[half:])}\n\n{LIMITS}",
    )


def judged(case: tuple[Path, int, int, bool]) -> dict[str, str]:
    """All orders of one stream under one gate, as a row of the table."""
    data, place, number, valued = case
    stream, kind = streams(data)[place], KINDS[number]
    with threadpool_limits(1):
        courses = [follow(stream, kind, seed, valued=valued) for seed in range(ORDERS)]
    row = {"stream": stream.name, "gate": kind.name, **figures(courses)}
    print(valued, row, flush=True)
    return row


def figures(courses: list[Course]) -> dict[str, str]:
    """What is reported of a gate on a stream."""
    broken = np.array([np.mean(course.attempts) for course in courses])
    late = np.array([_refused(course, SETTLED) for course in courses])
    whole = np.array([_refused(course, 0) for course in courses])
    return {
        "violations": f"{broken.mean():.1%} ({broken.std():.1%})",
        "feasible refused": f"{whole.mean():.1%}",
        f"after {SETTLED} attempts": f"{np.nanmean(late):.1%} ({np.nanstd(late):.1%})",
    }


def _refused(course: Course, after: int) -> float:
    """Share of the feasible that were refused, once so many attempts were made."""
    inside = [was_refused for n, feasible, was_refused in course.refused if feasible and n >= after]
    return float(np.mean(inside)) if inside else float("nan")


def follow(stream: Stream, kind: Kind, seed: int, *, valued: bool) -> Course:
    """Let the candidates of a stream arrive in one order.

    Args:
        stream: of candidates.
        kind: of gate.
        seed: of the order.
        valued: whether an attempt over the budget still gives its value.
    """
    order = np.random.default_rng(seed).permutation(len(stream.features))
    known = [(int(row), frozenset[str]()) for row in order[:WARM_UP]]
    settled: dict[str, tuple[int, Recipe]] = {}
    foreseen = foresee(stream, kind, known, settled)
    broken: list[frozenset[str]] = []
    course = Course([], [])
    probes = 0
    for row in map(int, order[WARM_UP:]):
        verdict = judge(stream, kind, foreseen, broken, row)
        probing = not verdict.admitted and _due(kind, verdict, len(broken), probes)
        tried = verdict.admitted or probing
        course.refused.append((len(broken), bool(stream.inside[row]), not tried))
        if not tried:
            continue
        probes += probing
        over = frozenset(m for m, bound in stream.bounds.items() if stream.costs[m][row] > bound)
        broken.append(over)
        course.attempts.append(bool(over))
        known.append((row, frozenset() if valued else over))
        if len(broken) == ATTEMPTS:
            break
        if kind.refits and len(broken) % REFIT == 0:
            foreseen = foresee(stream, kind, known, settled)
    return course


def foresee(
    stream: Stream,
    kind: Kind,
    known: list[tuple[int, frozenset[str]]],
    settled: dict[str, tuple[int, Recipe]],
) -> dict[str, Prediction]:
    """Predictions of the whole stream.

    Args:
        stream: of candidates.
        kind: of gate.
        known: rows, and the metrics without a value.
        settled: recipes whose choices were made on so many rows; made anew when these have grown
            by half.
    """
    rows = [row for row, _ in known]
    features = stream.features[rows]
    foreseen = {}
    for metric, costs in stream.costs.items():
        at_least = np.array([metric in over for _, over in known])
        values = np.where(at_least, stream.bounds[metric], costs[rows])
        count, recipe = settled.get(metric, (0, kind.recipe))
        valued = ~at_least
        if isinstance(kind.recipe, Chooser) and valued.sum() >= 1.5 * count:
            recipe = kind.recipe.settle(features[valued], values[valued])
            settled[metric] = (int(valued.sum()), recipe)
        predictor = fit_censored(recipe, features, values, at_least)
        foreseen[metric] = predictor.predict(stream.features)
    return foreseen


def judge(
    stream: Stream,
    kind: Kind,
    foreseen: Mapping[str, Prediction],
    broken: list[frozenset[str]],
    row: int,
) -> Verdict:
    """The gate's verdict on one candidate."""
    margins: dict[str, float] = {}
    if kind.promise is not None:
        margins = margins_after(kind.promise.rule, list(stream.bounds), broken)
    if kind.in_logs:
        margins = {m: q / LEAST_SPREAD for m, q in margins.items()}
    predictors = {m: _Foreseen(p, kind.in_logs) for m, p in foreseen.items()}
    constraints = [Constraint(metric, bound) for metric, bound in stream.bounds.items()]
    return CostGate(constraints, predictors, margins).screen(np.array([[row]]))[0]


def _due(kind: Kind, verdict: Verdict, attempts: int, probes: int) -> bool:
    """Whether a refused candidate is probed."""
    if probes + 1 > kind.probe_share * (attempts - probes):
        return False
    return all(verdict.miss <= float(np.exp(REACH * s)) for s in verdict.spreads.values())


@dataclass(frozen=True, eq=False)
class _Foreseen:
    """Reads off predictions made before; a feature is the number of a row.

    Attributes:
        all: of the whole stream.
        flat: hide the spread, so that a margin is on the logarithm itself.
    """

    all: Prediction
    flat: bool

    def predict(self, features: Array) -> Prediction:
        """Of some rows."""
        rows = features[:, 0].astype(int)
        mean = self.all.mean[rows]
        std = LEAST_SPREAD * mean if self.flat else self.all.std[rows]
        return Prediction(mean, std, self.all.extrapolated[rows])

    def describe(self) -> str:
        """Nothing of its own."""
        return "foreseen"


if __name__ == "__main__":
    main()
