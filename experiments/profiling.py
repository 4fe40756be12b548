"""Measures candidates of a spec, judges predictors on them, and keeps the best of each metric."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from threadpoolctl import threadpool_limits

from ..constraints.errors import Fault, PredictorError, RunError, SpecError
from ..constraints.metrics import COSTS
from ..constraints.roofline import RooflineRecipe
from ..constraints.stored_predictor import Origin, Rows, save_predictor
from .contest import Contest, hold_contest, traced_columns
from .cost_modelling import traces_networks
from .plots import to_png
from .preflight import resolve
from .profile_plots import profile_figure
from .run_folder import RunFolder
from .spec import Spec
from .spec_files import load_spec
from .sweep import Sweep, create

LEAST = 10  # measurements; with fewer, ten folds are noise
LAYERS = "layers"  # the additive model that divides a cost among layers


@dataclass(frozen=True, eq=False)
class Profile:
    """What a profile showed.

    Attributes:
        sweep: that measured it.
        contests: one a metric.
        folder: where the predictors are.
    """

    sweep: Sweep
    contests: Sequence[Contest]
    folder: Path


def as_profile(spec: Spec, candidates: int, metrics: Sequence[str]) -> Spec:
    """A spec that measures so many candidates and trains none.

    Args:
        spec: of the candidates.
        candidates: to be measured.
        metrics: besides those with a bound, full names.

    Raises:
        SpecError: if no cost is asked for.
    """
    asked = [*metrics, *(metric for _, metric in spec.wanted_metrics() if metric in COSTS)]
    if not asked:
        says = "nothing to measure; name costs, such as `--metrics latency,memory`"
        raise SpecError("the command line", [Fault("--metrics", says)])
    update = {
        "strategy": "hyperwatt",
        "limits": spec.limits.model_copy(update={"trials": 0}),
        "profile": spec.profile.model_copy(update={"candidates": candidates, "from_": None}),
        "probe": spec.probe.model_copy(update={"also": [*spec.probe.also, *metrics]}),
        "early_stopping": type(spec.early_stopping)(),
        "logs": None,  # they tell of trainings
    }
    return spec.model_copy(update=update)


def open_profile(spec: Spec, folder: RunFolder, address: str | None) -> None:
    """Make the folder of a profile, or find it as it was left.

    Raises:
        RunError: if another profile or a run is in it.
        SpecError: if the spec does not fit its surroundings.
    """
    if not folder.journal.is_file():
        create(spec, folder, address=address)
        return
    stored = load_spec(str(folder.spec))
    if resolve(stored).to_plain() != resolve(spec).to_plain():
        raise RunError(
            f"{folder.path} holds another profile, or a run; choose another `--dir`, or give the "
            "arguments that it was begun with to continue it"
        )


def judge_profile(sweep: Sweep) -> Profile:
    """Judge predictors of every measured cost and store the best.

    Raises:
        PredictorError: if too few candidates were measured.

    Side effects:
        Writes `predictors/<device>/` below the run's folder.
    """
    table, spec = sweep.state.costs, sweep.spec
    measured = [m for m in COSTS if len(table.for_metric(m)[1]) >= LEAST]
    if not measured or table.device is None:
        raise PredictorError(
            f"{len(table.rows)} candidates were measured, at least {LEAST} are needed to judge a "
            "predictor; raise `-n`"
        )
    with threadpool_limits(limits=1):  # on small tables, more only wait for each other
        contests = [hold_contest(sweep.plan.models, table, m, spec.seed) for m in measured]
    folder = predictor_folder(sweep.folder, table.device)
    for contest in contests:
        _store(contest, folder, table.device, network_identity(spec), traces_networks(spec))
        figure = profile_figure(contest)
        (folder / f"{contest.metric}.png").write_bytes(to_png(figure))
    return Profile(sweep, contests, folder)


def predictor_folder(run: RunFolder, device: str) -> Path:
    """Where the predictors of a kind of device are."""
    return run.predictors.parent / re.sub(r"[^A-Za-z0-9.]+", "-", device).strip("-")


def network_identity(spec: Spec) -> str:
    """What the predictors of a spec were measured for, besides the device."""
    if spec.table is not None:
        return f"table {Path(spec.table.path).stem}"
    assert spec.network is not None  # or the spec has a table
    fixed = ", ".join(f"{name}={value}" for name, value in sorted(spec.network.fixed.items()))
    return f"{spec.network.name}({fixed}), batches of {spec.probe.batch_size}"


def _store(contest: Contest, folder: Path, device: str, network: str, traced: bool) -> None:
    best = contest.picked.contestant
    _save(folder / f"{contest.metric}.json", contest, best.columns, device, network)
    if traced and not contest.metric.endswith(("memory_bytes", "power_w")):
        _, work = traced_columns(contest.names, contest.metric)
        path = folder / f"{contest.metric}.{LAYERS}.json"
        _save(path, contest, work, device, network, layers=True)


def _save(
    path: Path,
    contest: Contest,
    columns: tuple[int, ...],
    device: str,
    network: str,
    *,
    layers: bool = False,
) -> None:
    recipe = RooflineRecipe() if layers else contest.picked.contestant.recipe
    names = tuple(contest.names[k] for k in columns)
    origin = Origin(contest.metric, device, network, names)
    save_predictor(path, recipe, Rows(contest.features[:, list(columns)], contest.costs), origin)
