"""How the costs of a spec's candidates are predicted: what models see, and how they are fitted."""

from __future__ import annotations

from ..constraints.cost_models import CostModels
from ..constraints.encoding import StructuralEncoding
from ..constraints.linear import LinearRecipe
from ..constraints.residual import ResidualRecipe
from ..constraints.space import Space
from ..orchestrator.strategies.registry import STRATEGIES
from .problem import problem_of
from .spec import Spec


def build_models(spec: Spec, space: Space) -> CostModels:
    """Cost models on the hyper-parameters that costs depend on, or on the traced network."""
    structural = StructuralEncoding(space, problem_of(spec).structural_names())
    if not predicts_best(spec):
        return CostModels(space, structural, lambda metric: LinearRecipe())
    return CostModels(space, structural, lambda metric: ResidualRecipe())


def predicts_best(spec: Spec) -> bool:
    """Whether the best of several models is chosen, rather than HyperPower's linear one."""
    if spec.predictor == "auto":
        return STRATEGIES[spec.strategy].careful
    return spec.predictor == "best"
