"""Builds the parts of a sweep from its spec: the search's plan and the workers' workload."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from ..constraints.cost_models import CostModels
from ..constraints.errors import NetworkError
from ..constraints.features import structural_features
from ..constraints.linear import LinearRecipe
from ..constraints.metrics import COSTS
from ..constraints.objective import Constraint, Objective
from ..constraints.space import Space
from ..orchestrator.early_stopping import ChanceLevel, StoppingRule, SuccessiveHalving
from ..orchestrator.plan import Confirmation, Limits, Plan
from ..orchestrator.strategies.registry import STRATEGIES
from ..workers.data import describe_task
from ..workers.networks.registry import find_family
from ..workers.training_parameters import TrainingParameters
from .run_folder import RunFolder
from .spec import Spec
from .spec_space import build_space


def build_plan(spec: Spec, concurrency: int) -> Plan:
    """The search's view of a spec.

    Args:
        spec: checked.
        concurrency: trials at once.
    """
    space = build_space(spec.space)
    return Plan(
        space=space,
        objectives=tuple(Objective(metric) for metric in spec.objectives),
        constraints=_constraints(spec),
        strategy=STRATEGIES[spec.strategy],
        models=build_models(spec, space),
        rules=_rules(spec),
        limits=Limits(spec.limits.trials, spec.limits.wall_clock, concurrency),
        profile_candidates=0 if spec.profile.from_ else spec.profile.candidates,
        confirmation=Confirmation(spec.confirm.best, spec.confirm.remeasure),
        seed=spec.seed,
        buildable=partial(is_buildable, spec),
    )


def is_buildable(spec: Spec, candidate: Mapping[str, Any]) -> bool:
    """Whether a network can be made of a candidate and trained as it says."""
    return not unbuildable_reason(spec, candidate)


def unbuildable_reason(spec: Spec, candidate: Mapping[str, Any]) -> str:
    """Why a candidate cannot be built or trained; empty if it can. Cheap: nothing is built."""
    shape = describe_task(spec.task.name)
    config = {**spec.network.fixed, **candidate}
    try:
        find_family(spec.network.name).check(config, shape.input_shape, shape.classes)
        TrainingParameters.of(config, spec.training.batch_size)
    except NetworkError as error:
        return str(error)
    return ""


def build_models(spec: Spec, space: Space) -> CostModels:
    """Cost models on the hyper-parameters that shape the network."""
    structural = find_family(spec.network.name).structural_names()
    if any(metric.startswith("train_") for metric in spec.budget):
        structural |= {"batch_size", "optimizer"}  # shape a training step, not an inference
    return CostModels(
        space=space,
        encode=partial(_encode, space, structural),
        recipe=LinearRecipe(),
    )


def build_workload(spec: Spec, plan: Plan, folder: RunFolder) -> dict[str, Any]:
    """The workers' view of a spec: plain values.

    Args:
        spec: checked, its device `cpu` or `cuda`.
        plan: made from it.
        folder: of the run.
    """
    return {
        "task": task_dict(spec),
        "network": spec.network.model_dump(),
        "epochs": spec.training.epochs,
        "batch_size": spec.training.batch_size,
        "device": spec.device,
        "threads": threads_of(spec),
        "probe": {
            "batch_size": spec.probe.batch_size,
            "min_time_s": spec.probe.min_time,
            "max_time_s": spec.probe.max_time,
            "target_relative_error": spec.probe.target_relative_error,
        },
        "checkpoints": str(folder.checkpoints.resolve()),
        "selected_by": plan.selected_by,
        "silence_limit_s": spec.limits.trial_silence,
    }


def profile_setting(spec: Spec) -> dict[str, Any]:
    """What measured costs depend on besides the candidate and the device; plain values."""
    return {
        "task": spec.task.name,
        "network": spec.network.name,
        "fixed": dict(spec.network.fixed),
        "probe_batch_size": spec.probe.batch_size,
        "training_batch_size": spec.training.batch_size,
        "cpu": spec.resources.get("cpu", 1),
    }


def threads_of(spec: Spec) -> int:
    """Threads of a trial on a CPU: the cores it asks for."""
    return max(1, int(spec.resources.get("cpu", 1)))


def task_dict(spec: Spec) -> dict[str, Any]:
    """The task as plain values."""
    return {**spec.task.model_dump(), "seed": spec.seed}


def _encode(space: Space, structural: frozenset[str], units: Any) -> Any:
    return structural_features(space, units, structural)


def _constraints(spec: Spec) -> tuple[Constraint, ...]:
    budget = [Constraint(metric, bound) for metric, bound in spec.budget.items()]
    others = [Constraint(m, bound, predicted=m in COSTS) for m, bound in spec.constraints.items()]
    return (*budget, *others)


def _rules(spec: Spec) -> tuple[StoppingRule, ...]:
    rules: list[StoppingRule] = []
    chance, halving = spec.early_stopping.chance_level, spec.early_stopping.halving
    if chance is not None:
        shape = describe_task(spec.task.name)
        rules.append(ChanceLevel(shape.chance_error, chance.after_epochs))
    if halving is not None:
        reported = [metric for metric in spec.objectives if metric not in COSTS] or ["error"]
        rules.append(
            SuccessiveHalving(
                metric=reported[0],
                first_epoch=halving.first_epoch,
                reduction=halving.reduction,
                last_epoch=spec.training.epochs,
            )
        )
    return tuple(rules)
