"""How many candidates a second are screened: encoded, predicted and judged, in pools of 10,000.

Models are fitted to made-up costs of HyperPower's CIFAR-10 space (13 hyper-parameters); only time
is measured here. The last rows are the whole of what a sweep does with a pool: units to features to
verdicts, by hyper-parameters alone and with estimates of traced work.

    python -m benchmarks.predictors.screening       writes benchmarks/predictors/screening.md
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from threadpoolctl import threadpool_limits

from hyperwatt.constraints.domains import Array
from hyperwatt.constraints.encoding import StructuralEncoding
from hyperwatt.constraints.gate import CostGate
from hyperwatt.constraints.learners import Process
from hyperwatt.constraints.linear import LinearRecipe
from hyperwatt.constraints.log_forms import Form
from hyperwatt.constraints.log_linear import LogLinearRecipe
from hyperwatt.constraints.objective import Constraint
from hyperwatt.constraints.predictor import Recipe
from hyperwatt.constraints.residual import Settled
from hyperwatt.constraints.roofline import RooflineRecipe
from hyperwatt.constraints.traced_encoding import TracedEncoding
from hyperwatt.experiments.problem import problem_of
from hyperwatt.experiments.spec_files import load_spec
from hyperwatt.experiments.spec_space import build_space

from .report import table, write_page

POOL, ROWS, REPEATS = 10_000, 100, 7
RECIPES: dict[str, Recipe] = {
    "linear": LinearRecipe(),
    "roofline": RooflineRecipe(),
    "log-linear": LogLinearRecipe(1),
    "log-linear, degree 2": LogLinearRecipe(2),
    "Gaussian process, 100 rows": Settled(((Form(None, Process()), 1.0),), 1.0, "process"),
}


def main() -> None:
    """Time each model, and whole pools."""
    spec = load_spec("hyperpower-cifar10")
    space = build_space(spec.space)
    encoding = StructuralEncoding(space, problem_of(spec).structural_names())
    rng = np.random.default_rng(0)
    units, pool = space.sample(ROWS, rng), space.sample(POOL, rng)
    work = np.abs(rng.standard_normal((len(encoding.names), 7))) + 0.1

    def trace(row: Array) -> Array:
        return np.asarray(np.abs(encoding.quick(row[None, :])[0]) @ work + 1.0)

    traced = TracedEncoding(encoding, tuple("abcdefg"), trace, seed=0)
    traced.quick(pool[:10])  # learned once in a sweep
    rows = []
    with threadpool_limits(1):
        for name, recipe in RECIPES.items():
            z = encoding.quick(units)
            model = recipe.fit(z, 1e-3 * (1.0 + z.sum(axis=1)))
            at = encoding.quick(pool)
            rows.append({"what": f"{name}: predict", **_rate(lambda m=model, at=at: m.predict(at))})
        for name, levels in (("hyper-parameters", encoding), ("estimated traced work", traced)):
            z = levels.exact(units)
            model = LogLinearRecipe(1).fit(z, 1e-3 * (1.0 + z.sum(axis=1)))
            gate = CostGate((Constraint("latency_s", 0.5),), {"latency_s": model})
            whole = lambda e=levels, g=gate: g.screen(e.quick(pool), exact=False)  # noqa: E731
            rows.append({"what": f"whole pool: {name}, log-linear, gate", **_rate(whole)})
        sample = lambda: space.sample(POOL, np.random.default_rng(1))  # noqa: E731
        rows.append({"what": "drawing the pool", **_rate(sample)})
    write_page(
        "screening",
        title="Screening rate, one thread",
        command="python -m benchmarks.predictors.screening",
        body=f"Pools of {POOL:,} candidates, models of {ROWS} rows; median of {REPEATS} repeats, "
        "least and greatest beside it. Goal: 200,000 a second for the learned models.\n\n"
        + table(rows),
    )


def _rate(run: Callable[[], object]) -> dict[str, str]:
    run()
    seconds = []
    for _ in range(REPEATS):
        begin_s = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begin_s)
    rates = [POOL / s for s in seconds]
    return {
        "candidates a second": f"{np.median(rates):,.0f}",
        "from": f"{min(rates):,.0f}",
        "to": f"{max(rates):,.0f}",
    }


if __name__ == "__main__":
    main()
