"""Runs a sweep: creates it, resumes it, and writes what came of it into its folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from threadpoolctl import threadpool_limits

from ..constraints.cost_models import CostModels, CostTable
from ..constraints.errors import PredictorError
from ..constraints.metrics import COSTS
from ..constraints.profiles import load_profile, save_profile
from ..orchestrator.driver import Driver, dispatch_dict, replay
from ..orchestrator.events import Event
from ..orchestrator.journal import Entry, read_journal
from ..orchestrator.plan import Plan
from ..orchestrator.records import event_of
from ..orchestrator.search import Search
from ..orchestrator.state import State, Trial
from ..orchestrator.tune_run import Cluster, connect, free_slots, run_on_tune
from ..orchestrator.virtual_time import VirtualClock, run_in_virtual_time
from ..workers.provision import prepare_task
from ..workers.trial import TrialActor
from .compose import build_plan, build_workload
from .cost_modelling import build_models
from .costs_elsewhere import keep_elsewhere, read_elsewhere, with_elsewhere
from .earlier_runs import EarlierRun, gather, profile_of
from .known_before import read_before, write_before
from .logs import open_logs
from .model_quality import Judged, judge_models, read_quality, write_quality
from .preflight import brought_scheduler, check_surroundings, resolve
from .problem import problem_of
from .quiet_thinking import beside_no_probe
from .run_folder import RunFolder
from .spec import Spec
from .spec_files import load_spec, write_spec
from .spec_space import build_space
from .table_problem import TableProblem
from .tables import trials_table
from .trained_problem import TrainedProblem

Listener = Callable[[Plan, State], None]
Run = Callable[[Spec, RunFolder, Listener], tuple[Plan, Driver]]


@dataclass(frozen=True, eq=False)
class Sweep:
    """A run as it stands.

    Attributes:
        folder: of the run.
        spec: as it was run.
        plan: made from the spec.
        state: after the last journalled event.
        finished: whether there is nothing left to do.
        judged: its predictors, if they were judged when it ended.
    """

    folder: RunFolder
    spec: Spec
    plan: Plan
    state: State
    finished: bool
    judged: Judged | None = None


def create(spec: Spec, folder: RunFolder, *, address: str | None = None) -> None:
    """Make the folder of a new run, so that `resume` can run it.

    Args:
        spec: checked.
        folder: must not exist yet.
        address: of the Ray cluster it will run on; None for this machine.

    Raises:
        SpecError: if the spec does not fit its surroundings (data, device, networks).
        PredictorError: if the profile to start from does not fit the spec.
        RunError: if the folder is taken.

    Side effects:
        Downloads the data if the spec says so.
    """
    check_surroundings(spec, address)
    resolved = resolve(spec)
    earlier = gather(resolved)
    resolved = _with_profile_of(resolved, earlier)
    models = build_models(resolved, build_space(resolved.space))
    profile = _read_profile(resolved, models)
    elsewhere = read_elsewhere(resolved, models)
    folder.create()
    if resolved.table is None:
        prepare_task(TrainedProblem(resolved).task_dict())
    if profile is not None:
        _save(profile, resolved, folder.start_profile, models)
    keep_elsewhere(elsewhere, folder.elsewhere)
    if earlier:
        write_before(earlier, folder.before)
    write_spec(resolved, folder.spec)
    folder.journal.touch()


def resume(
    folder: RunFolder, *, address: str | None, listener: Listener, at_most: int | None = None
) -> Sweep:
    """Run a sweep from where its journal ends; returns at once if it is finished.

    Args:
        folder: of the run.
        address: of a Ray cluster; None starts Ray here.
        listener: called with the plan and the state after each event.
        at_most: trials at once, whatever the spec says, if the run shares its cluster.

    Raises:
        RunError: if the folder is no run.
        JournalError: if its journal is damaged.
        SpecError: if its surroundings no longer fit (the data is gone, ...).

    Side effects:
        Everything of a run: see `RunFolder`.
    """
    sweep = load(folder)
    if sweep.finished:
        return sweep
    check_surroundings(sweep.spec, address)
    train = partial(_train, address=address, at_most=at_most)
    return _conduct(sweep.spec, folder, train, listener)


def load(folder: RunFolder) -> Sweep:
    """Read a run without changing it.

    Raises:
        RunError: if the folder is no run.
        JournalError: if its journal is damaged.
    """
    run = unread(folder)
    return entered(run, read_journal(folder.journal)[0])


def unread(folder: RunFolder) -> Sweep:
    """A run before the first entry of its journal.

    Raises:
        RunError: if the folder is no run.
    """
    folder.must_exist()
    spec = load_spec(str(folder.spec))
    plan = _plan_of(spec, 1, folder)
    return Sweep(folder, spec, plan, _first_state(spec, folder, plan.models), finished=False)


def entered(sweep: Sweep, entries: Sequence[Entry]) -> Sweep:
    """A run after some more entries of its journal."""
    state = replay(entries, sweep.state)
    finished = Search(sweep.plan).finished(state)
    judged = read_quality(sweep.folder.model_quality) if finished else None
    return replace(sweep, state=state, finished=finished, judged=judged)


def write_results(sweep: Sweep) -> None:
    """Write the table of trials, the profile and how good the predictors are; all of it is made
    anew from the journal each time."""
    trials_table(sweep.plan, sweep.state).to_parquet(sweep.folder.trials)
    if sweep.state.costs.rows:
        _save(sweep.state.costs, sweep.spec, sweep.folder.predictors, sweep.plan.models)
    if sweep.judged is not None:
        write_quality(sweep.judged, sweep.folder.model_quality)


def _conduct(spec: Spec, folder: RunFolder, train: Run, listener: Listener) -> Sweep:
    run = _replay if spec.table is not None else train
    plan, driver = run(spec, folder, listener)
    state = driver.state
    judged = judge_models(plan, state)
    sweep = Sweep(folder, spec, plan, state, driver.search.finished(state), judged)
    write_results(sweep)
    return sweep


def _train(
    spec: Spec, folder: RunFolder, listener: Listener, *, address: str | None, at_most: int | None
) -> tuple[Plan, Driver]:
    """Train on Ray."""
    cluster = Cluster(address, resources=spec.resources)
    connect(cluster)
    slots = free_slots(cluster)
    concurrency = slots if spec.concurrency == "auto" else spec.concurrency
    plan = _plan_of(spec, min(concurrency, at_most or concurrency), folder)
    with closing(open_logs(spec, plan, folder)) as logs:
        driver = Driver.open(
            Search(plan),
            folder.journal,
            start=_first_state(spec, folder, plan.models),
            listener=logs.after(partial(listener, plan)),
            quietly=logs.timed(beside_no_probe(spec.device, folder)),
        )
        # trials have the cores; models are small
        with closing(driver), threadpool_limits(limits=1):
            run_on_tune(
                driver,
                TrialActor,
                build_workload(spec, plan, folder),
                cluster=cluster,
                storage=_next_storage(folder),
                brought=brought_scheduler(spec),
            )
    return plan, driver


def _replay(spec: Spec, folder: RunFolder, listener: Listener) -> tuple[Plan, Driver]:
    """Replay a table in this process, in virtual time."""
    plan = _plan_of(spec, 1 if spec.concurrency == "auto" else spec.concurrency, folder)
    workload, clock = TableProblem(spec).workload(), VirtualClock()
    driver = Driver.open(
        Search(plan),
        folder.journal,
        start=_first_state(spec, folder, plan.models),
        listener=lambda state: listener(plan, state),
        ahead=False,
        clock=clock,
    )

    def evaluate(trial: Trial) -> Iterator[Event]:
        for message in workload.run(dispatch_dict(driver, trial)):
            yield event_of(trial.trial_id, message)

    try:
        with threadpool_limits(limits=1):  # on pools of thousands, more only wait for each other
            run_in_virtual_time(driver, evaluate, clock)
    finally:
        driver.close()
    return plan, driver


def _plan_of(spec: Spec, concurrency: int, folder: RunFolder) -> Plan:
    plan = build_plan(spec, concurrency, folder.traces)
    return replace(plan, models=with_elsewhere(spec, plan.models, folder.elsewhere))


def _first_state(spec: Spec, folder: RunFolder, models: CostModels) -> State:
    before = tuple(trial for run in read_before(folder.before) for trial in run.trials)
    known = replace(State(), before=before)
    if not folder.start_profile.is_file():
        return known
    return replace(known, costs=_load(spec, folder.start_profile, models))


def _with_profile_of(spec: Spec, earlier: Sequence[EarlierRun]) -> Spec:
    """A sweep that starts from runs on this kind of device takes over their costs too."""
    path = profile_of(earlier, spec.warm_start.runs)
    if (
        path is None
        or spec.profile.from_ is not None
        or not RunFolder(Path(path)).predictors.is_file()
    ):
        return spec
    return spec.model_copy(update={"profile": spec.profile.model_copy(update={"from_": path})})


def _read_profile(spec: Spec, models: CostModels) -> CostTable | None:
    if spec.profile.from_ is None:
        return None
    path = Path(spec.profile.from_)
    table = _load(spec, RunFolder(path).predictors if path.is_dir() else path, models)
    here = problem_of(spec).device_kind()
    if here is not None and table.device != here:
        raise PredictorError(
            f"the profile {path} was measured on {table.device!r}, this sweep runs on {here!r}; "
            "costs of two kinds of devices are never mixed: measure a new one, or let this one be "
            "carried over (`profile.elsewhere`)"
        )
    return table


def _load(spec: Spec, path: Path, models: CostModels) -> CostTable:
    return load_profile(
        path, models, metrics=tuple(spec.budget), setting=problem_of(spec).setting()
    )


def _save(table: CostTable, spec: Spec, path: Path, models: CostModels) -> None:
    setting = problem_of(spec).setting()
    wanted = dict.fromkeys(metric for _, metric in spec.wanted_metrics() if metric in COSTS)
    measured = [metric for metric in wanted if len(table.for_metric(metric)[1])]
    save_profile(path, table, models, metrics=measured, setting=setting)


def _next_storage(folder: RunFolder) -> Path:
    """Tune gets a fresh folder each time, because two runs of one name overwrite each other.

    They do so in the session folder of their Ray too, where two that begin in one second meet.
    """
    folder.ray.mkdir(parents=True, exist_ok=True)
    count = sum(1 for entry in folder.ray.iterdir() if entry.is_dir())
    return (folder.ray / f"launch-{count + 1}-{os.getpid()}").resolve()
