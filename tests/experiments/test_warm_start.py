"""Sweeps that begin with what earlier runs found, over a recorded table, without Ray."""

import shutil
from pathlib import Path

import pytest
from recorded import table_spec

from hyperwatt.constraints.errors import SpecError
from hyperwatt.experiments.earlier_runs import gather
from hyperwatt.experiments.known_before import read_before
from hyperwatt.experiments.preflight import check_surroundings, resolve
from hyperwatt.experiments.reporting.words import text_blocks
from hyperwatt.experiments.run_folder import RunFolder
from hyperwatt.experiments.spec import Spec
from hyperwatt.experiments.sweep import Sweep, create, load, resume
from hyperwatt.orchestrator.confirmation import ranked
from hyperwatt.orchestrator.screening import ask_of

GOOD = "{layers: 1, units: 20, op: pool}"
OVER = "{layers: 4, units: 120, op: conv}"


def run(spec: Spec, folder: Path) -> Sweep:
    create(spec, RunFolder(folder))
    return resume(RunFolder(folder), address=None, listener=lambda plan, state: None)


def after(folder: Path, *runs: Path, settings: tuple[str, ...] = ()) -> Spec:
    """A spec that starts from earlier runs."""
    listed = ", ".join(str(path) for path in runs)
    return table_spec(folder, f"warm_start={{runs: [{listed}]}}", *settings)


def in_order(sweep: Sweep) -> list[dict[str, object]]:
    return [dict(t.candidate) for t in sweep.state.trials.values() if t.purpose == "train"]


def test_given_points_are_tried_first_in_their_order(tmp_path: Path) -> None:
    points = f"[{GOOD}, {{layers: 1, units: 10, op: none}}]"
    spec = table_spec(
        tmp_path, f"warm_start={{points: {points}}}", "strategy=hw-random", "limits.trials=3"
    )

    tried = in_order(run(spec, tmp_path / "run"))

    assert tried[0] == {"layers": 1, "units": 20, "op": "pool"}
    assert tried[1] == {"layers": 1, "units": 10, "op": "none"}
    assert len(tried) == 3


def test_a_given_point_that_the_gate_refuses_is_in_the_ledger_and_not_trained(
    tmp_path: Path,
) -> None:
    spec = table_spec(
        tmp_path, f"warm_start={{points: [{OVER}]}}", "strategy=hw-random", "limits.trials=2"
    )

    sweep = run(spec, tmp_path / "run")

    assert len(sweep.state.of("train")) == 2
    refused = [dict(r.candidate) for r in sweep.state.rejections if r.withdrawn]
    assert {"layers": 4, "units": 120, "op": "conv"} in refused


def test_all_that_is_wrong_with_points_is_told_at_once(tmp_path: Path) -> None:
    points = f"[{GOOD}, {{layers: 9, unit: 30, op: conv}}, {GOOD}]"

    with pytest.raises(SpecError) as caught:
        table_spec(tmp_path, f"warm_start={{points: {points}}}")

    text = str(caught.value)
    assert "warm_start.points.1: `layers` must be a whole number in [1, 4], got 9" in text
    assert "warm_start.points.1: `units` is missing" in text
    assert "warm_start.points.1: no parameter 'unit' in the space; did you mean 'units'?" in text
    assert "warm_start.points.2: is the same as point 0" in text


@pytest.mark.slow
def test_a_second_run_learns_from_the_first_and_goes_on_without_it(tmp_path: Path) -> None:
    first = run(table_spec(tmp_path), tmp_path / "first")
    best = ranked(first.plan, first.state)[0]

    create(after(tmp_path, tmp_path / "first"), RunFolder(tmp_path / "second"))
    shutil.rmtree(tmp_path / "first")
    second = resume(RunFolder(tmp_path / "second"), address=None, listener=lambda p, s: None)

    assert in_order(second)[0] == dict(best.candidate)
    assert not second.state.of("profile")
    assert len(second.state.of("train")) == 8
    ended = [t for t in first.state.of("train") if t.trained]
    assert len(second.state.before) == len(ended)
    assert len(ask_of(second.plan, second.state).history.losses) >= len(ended) + 1
    assert all(t.trial_id in second.state.trials for t in ranked(second.plan, second.state))
    text = "\n".join(line for block in text_blocks(second) for line in block.lines)
    assert f"{len(ended)} trainings of first known before; costs taken over" in text
    again = load(RunFolder(tmp_path / "second"))
    assert again.state.before == second.state.before


@pytest.mark.slow
def test_trainings_outside_the_space_are_skipped_and_counted(tmp_path: Path) -> None:
    first = run(table_spec(tmp_path, "strategy=random"), tmp_path / "first")
    narrow = after(tmp_path, tmp_path / "first", settings=("space.layers.high=1",))

    taken = gather(narrow)[0]

    ended = len(first.state.of("train"))
    inside = [t for t in first.state.of("train") if t.candidate["layers"] == 1]
    assert len(taken.trials) == len(inside) < ended
    outside = "outside the space: `layers` must be a whole number in [1, 1]"
    assert taken.skipped == {outside: ended - len(inside)}


@pytest.mark.slow
def test_costs_of_another_device_are_left_out_and_losses_kept(tmp_path: Path) -> None:
    run(table_spec(tmp_path), tmp_path / "first")
    journal = tmp_path / "first" / "journal.jsonl"
    journal.write_text(journal.read_text().replace('"device":"recorded', '"device":"another'))

    second = run(after(tmp_path, tmp_path / "first"), tmp_path / "second")

    assert second.state.of("profile")
    assert second.state.before
    assert all(not trial.costs for trial in second.state.before)
    assert ask_of(second.plan, second.state).history.incumbent(aware=True) is not None
    assert "measured on" in read_before(RunFolder(tmp_path / "second").before)[0].costs


@pytest.mark.slow
def test_a_run_of_another_task_or_space_is_refused_with_all_that_differs(tmp_path: Path) -> None:
    run(table_spec(tmp_path), tmp_path / "first")
    other = table_spec(tmp_path, "table.chance_error=0.5")
    space = {name: entry for name, entry in other.space.items() if name != "op"}
    other = other.model_copy(
        update={
            "space": {**space, "kernel": other.space["layers"]},
            "warm_start": after(tmp_path, tmp_path / "first", tmp_path / "nowhere").warm_start,
        }
    )

    with pytest.raises(SpecError) as caught:
        gather(other)

    text = str(caught.value)
    assert "has another `table.chance_error`, 0.9, than this sweep, 0.5" in text
    assert "searched `op`" in text
    assert "neither searched nor fixed `kernel`" in text
    assert "warm_start.runs.1" in text


def test_folders_of_earlier_runs_are_written_as_absolute_paths(tmp_path: Path) -> None:
    spec = table_spec(tmp_path, "warm_start={runs: [somewhere]}")

    assert Path(resolve(spec).warm_start.runs[0]).is_absolute()


def test_a_point_that_is_not_in_a_partial_table_is_refused(tmp_path: Path) -> None:
    table = tmp_path / "cells.csv"
    spec = table_spec(tmp_path, "table.partial=true", f"warm_start={{points: [{GOOD}]}}")
    rows = table.read_text().splitlines()
    table.write_text("\n".join([r for r in rows if not r.startswith("1,20,pool")]) + "\n")

    with pytest.raises(SpecError, match=r"warm_start.points.0: it is not in the table"):
        check_surroundings(spec)
