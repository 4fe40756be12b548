"""How the costs of a spec's candidates are predicted: what models see, and how they are fitted."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from ..constraints.best_of import BestOf
from ..constraints.cost_models import CostModels
from ..constraints.encoding import StructuralEncoding
from ..constraints.linear import LinearRecipe
from ..constraints.predictor import Recipe
from ..constraints.residual import ResidualRecipe
from ..constraints.space import Space
from ..constraints.traced_encoding import TracedEncoding
from ..orchestrator.strategies.registry import STRATEGIES
from .candidate_tracing import CandidateTracer, phases_of
from .devices import resolve_device
from .problem import problem_of
from .spec import Spec
from .trace_cache import TraceCache
from .traced_recipe import of_traced
from .trained_problem import TrainedProblem


def build_models(spec: Spec, space: Space, traces: Path | None = None) -> CostModels:
    """Cost models on the hyper-parameters that costs depend on, or on the traced network.

    Args:
        spec: checked.
        space: of the spec.
        traces: file in which traced work is kept.
    """
    names, best = problem_of(spec).structural_names(), predicts_best(spec)
    structural = StructuralEncoding(space, names, counted=best)
    if not best:
        return CostModels(space, structural, lambda metric: LinearRecipe())
    if not traces_networks(spec):
        return CostModels(space, structural, lambda metric: without_network(), physical=True)
    phases = phases_of([metric for _, metric in spec.wanted_metrics()])
    problem = TrainedProblem(spec)
    tracer = CandidateTracer(problem, phases)
    seen = f"{tracer.names} on {resolve_device(spec.device)}, {problem.threads()} threads"
    tracer = replace(tracer, cache=TraceCache.open(traces, seen))
    encoding = TracedEncoding(
        structural, tracer.names, partial(tracer.work, space), seed=spec.seed, why=tracer.why
    )
    return CostModels(space, encoding, partial(of_traced, encoding.names), physical=True)


def traces_networks(spec: Spec) -> bool:
    """Whether predictions rest on traced networks."""
    return spec.table is None and predicts_best(spec)


def predicts_best(spec: Spec) -> bool:
    """Whether the best of several models is chosen, rather than HyperPower's linear one."""
    if spec.predictor == "auto":
        return STRATEGIES[spec.strategy].careful
    return spec.predictor == "best"


def without_network() -> Recipe:
    """The recipe for hyper-parameters alone."""
    return BestOf((LinearRecipe(), ResidualRecipe(("log-linear", "log-linear-2"))))
