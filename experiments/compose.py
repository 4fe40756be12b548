"""Builds the parts of a sweep from its spec: the search's plan and the workers' workload."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..constraints.candidate import Candidate
from ..constraints.margin import MarginRule
from ..constraints.metrics import COSTS
from ..constraints.objective import Constraint
from ..constraints.promise import Promise
from ..orchestrator.early_stopping import ChanceLevel, StoppingRule, SuccessiveHalving
from ..orchestrator.outcomes import selected_by
from ..orchestrator.plan import Confirmation, Limits, Plan
from ..orchestrator.strategies.registry import STRATEGIES
from .cost_modelling import build_models
from .problem import Problem, problem_of
from .run_folder import RunFolder
from .spec import Spec
from .spec_space import build_space
from .trained_problem import TrainedProblem


def build_plan(spec: Spec, concurrency: int, traces: Path | None = None) -> Plan:
    """The search's view of a spec.

    Args:
        spec: checked.
        concurrency: trials at once.
        traces: file in which traced work is kept.
    """
    space = build_space(spec.space)
    problem = problem_of(spec)
    return Plan(
        space=space,
        objectives=tuple(spec.objectives),
        constraints=_constraints(spec),
        strategy=STRATEGIES[spec.strategy],
        models=build_models(spec, space, traces),
        rules=_rules(spec, problem),
        limits=Limits(spec.limits.trials, spec.limits.wall_clock, concurrency),
        profile_candidates=0 if spec.profile.from_ else spec.profile.candidates,
        confirmation=Confirmation(spec.confirm.best, spec.confirm.remeasure),
        seed=spec.seed,
        buildable=lambda candidate: not problem.unbuildable_reason(candidate),
        also_probed=tuple(spec.probe.also),
        promise=_promise(spec),
        listed=problem.listed(space),
        per_second=spec.acquisition.per_second,
        points=tuple(Candidate(point) for point in spec.warm_start.points),
    )


def build_workload(spec: Spec, plan: Plan, folder: RunFolder) -> dict[str, Any]:
    """The workers' view of a spec: plain values.

    Args:
        spec: checked, its device `cpu` or `cuda`.
        plan: made from it.
        folder: of the run.
    """
    problem = TrainedProblem(spec)
    whole_gpu = spec.device == "cuda" and spec.resources.get("gpu", 0) >= 1
    return {
        **({"power_log": str(folder.power.resolve())} if whole_gpu else {}),
        "task": problem.task_dict(),
        "network": problem.network.model_dump(),
        "epochs": spec.training.epochs,
        "batch_size": spec.training.batch_size,
        "device": spec.device,
        "threads": problem.threads(),
        "probe": {
            "batch_size": spec.probe.batch_size,
            "min_time_s": spec.probe.min_time,
            "max_time_s": spec.probe.max_time,
            "target_relative_error": spec.probe.target_relative_error,
            "power_correction": spec.probe.power_correction,
        },
        "checkpoints": str(folder.checkpoints.resolve()),
        "run": folder.path.name,
        "locks": str(folder.path.resolve() / "locks"),
        "selected_by": plan.selected_by,
        "silence_limit_s": spec.limits.trial_silence,
    }


def _promise(spec: Spec) -> Promise | None:
    if not STRATEGIES[spec.strategy].careful:
        return None
    return Promise(MarginRule(alpha=spec.gate.alpha), probe_share=spec.gate.probe_share)


def _constraints(spec: Spec) -> tuple[Constraint, ...]:
    budget = [Constraint(metric, bound) for metric, bound in spec.budget.items()]
    others = [Constraint(m, bound, predicted=m in COSTS) for m, bound in spec.constraints.items()]
    return (*budget, *others)


def _rules(spec: Spec, problem: Problem) -> tuple[StoppingRule, ...]:
    rules: list[StoppingRule] = []
    chance, halving = spec.early_stopping.chance_level, spec.early_stopping.halving
    chance_error = problem.chance_error()
    if chance is not None and chance_error is not None:
        rules.append(ChanceLevel(chance_error, chance.after_epochs))
    if halving is not None:
        rules.append(
            SuccessiveHalving(
                metric=selected_by(spec.objectives),
                first_epoch=halving.first_epoch,
                reduction=halving.reduction,
                last_epoch=problem.last_epoch(),
            )
        )
    return tuple(rules)
