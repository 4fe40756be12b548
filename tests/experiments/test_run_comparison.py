"""Comparisons on a small table: continued, interrupted, and with a run that fails."""

from dataclasses import replace
from pathlib import Path

import pytest
from recorded import table_spec
from typer.testing import CliRunner

from hyperwatt.constraints.errors import SpecError
from hyperwatt.experiments import run_comparison
from hyperwatt.experiments.cli import app
from hyperwatt.experiments.common_seeds import paired
from hyperwatt.experiments.compared_runs import ComparedRun, runs_of
from hyperwatt.experiments.comparison import Arm, Comparison
from hyperwatt.experiments.comparison_tables import pairs_of, speedup_table
from hyperwatt.experiments.protocol import Variant, ignored_line
from hyperwatt.experiments.run_comparison import compare
from hyperwatt.experiments.spec import Spec
from hyperwatt.experiments.spec_files import load_spec

FORMS = (Variant("random"), Variant("hw-random"))


def compared(
    spec: Spec, folder: Path, repeats: int = 1, at_once: int | None = 1
) -> tuple[Comparison, list[str]]:
    log: list[str] = []
    comparison = compare(
        spec, FORMS, repeats, folder=folder, address=None, listener=lambda plan, state: None,
        log=log.append, at_once=at_once,
    )  # fmt: skip
    return comparison, log


@pytest.mark.slow
def test_finished_runs_are_kept_and_more_repeats_are_added(tmp_path: Path) -> None:
    spec = table_spec(tmp_path)
    compared(spec, tmp_path / "c")
    first = (tmp_path / "c" / "random" / "seed-0" / "journal.jsonl").stat().st_mtime_ns

    more, log = compared(spec, tmp_path / "c", repeats=2)

    assert more.complete
    assert more.common_seeds == [0, 1]
    assert [line.partition(":")[0] for line in log] == ["random, seed 1", "hw-random, seed 1"]
    assert (tmp_path / "c" / "random" / "seed-0" / "journal.jsonl").stat().st_mtime_ns == first


@pytest.mark.slow
def test_a_run_that_fails_is_named_and_takes_no_other_down(tmp_path: Path) -> None:
    spec = table_spec(tmp_path)
    taken = tmp_path / "c" / "random" / "seed-0"
    taken.mkdir(parents=True)
    (taken / "notes.txt").write_text("not ours")

    comparison, _ = compared(spec, tmp_path / "c")
    said = CliRunner().invoke(
        app, ["compare", str(tmp_path / "cells.yaml"), "--strategies", "random,hw-random",
              "--repeats", "1", "--dir", str(tmp_path / "c")],
    )  # fmt: skip

    assert [arm.name for arm in comparison.arms] == ["hw-random"]
    assert (comparison.complete, comparison.interrupted) == (False, False)
    assert said.exit_code == 1
    assert "FAILED: random, seed 0: the run directory" in said.output
    assert "INCOMPLETE: 1 of 2 runs" in (tmp_path / "c" / "comparison.md").read_text()


def test_where_every_run_fails_nothing_is_written(tmp_path: Path) -> None:
    table_spec(tmp_path)
    taken = tmp_path / "c" / "random" / "seed-0"
    taken.mkdir(parents=True)
    (taken / "notes.txt").write_text("not ours")

    said = CliRunner().invoke(
        app, ["compare", str(tmp_path / "cells.yaml"), "--strategies", "random",
              "--repeats", "1", "--dir", str(tmp_path / "c")],
    )  # fmt: skip

    assert said.exit_code == 1
    assert "FAILED: random, seed 0" in said.output
    assert not (tmp_path / "c" / "comparison.md").exists()


@pytest.mark.slow
def test_replays_side_by_side_outlive_one_that_fails(tmp_path: Path) -> None:
    spec = table_spec(tmp_path)
    taken = tmp_path / "c" / "random" / "seed-0"
    taken.mkdir(parents=True)
    (taken / "notes.txt").write_text("not ours")

    comparison, log = compared(spec, tmp_path / "c", repeats=2, at_once=2)

    assert "4 replays, 2 at once" in log
    assert [arm.seeds for arm in comparison.arms] == [[1], [0, 1]]
    assert len(comparison.failed) == 2


def test_a_run_whose_journal_is_damaged_is_named_too(tmp_path: Path) -> None:
    spec = table_spec(tmp_path)
    compared(spec, tmp_path / "c")
    (tmp_path / "c" / "random" / "seed-0" / "journal.jsonl").write_text("what?\n")

    comparison, _ = compared(spec, tmp_path / "c")

    assert [arm.name for arm in comparison.arms] == ["hw-random"]
    assert "line 1 of" in comparison.failed[1]


def test_a_run_that_was_stopped_before_it_began_begins_anew(tmp_path: Path) -> None:
    spec = table_spec(tmp_path)
    (tmp_path / "c" / "random" / "seed-0" / "predictors").mkdir(parents=True)

    comparison, _ = compared(spec, tmp_path / "c")

    assert comparison.complete


def test_ctrl_c_keeps_what_is_done_and_leaves_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, carry_on = table_spec(tmp_path), run_comparison.carry_on

    def interrupted(spec: Spec, run: ComparedRun, **options: object) -> object:
        if run.seed == 1:
            raise KeyboardInterrupt
        return carry_on(spec, run, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(run_comparison, "carry_on", interrupted)
    comparison, _ = compared(spec, tmp_path / "c", repeats=2)
    monkeypatch.undo()
    again, _ = compared(spec, tmp_path / "c", repeats=2)

    assert comparison.interrupted
    assert [arm.seeds for arm in comparison.arms] == [[0], [0]]
    assert again.complete


def test_runs_of_another_spec_are_refused(tmp_path: Path) -> None:
    compared(table_spec(tmp_path), tmp_path / "c")

    with pytest.raises(SpecError, match="was run with another limits"):
        compared(table_spec(tmp_path, "limits.trials=5"), tmp_path / "c")


def test_the_other_strategies_ignore_what_only_hyperwatt_knows(tmp_path: Path) -> None:
    spec = table_spec(tmp_path, "acquisition.per_second=true", "strategy=hyperwatt")

    comparison, log = compared(spec, tmp_path / "c")
    ours = Variant("hyperwatt")

    assert ours.spec(spec, 0).acquisition.per_second
    assert ignored_line(spec, [ours]) == ""
    assert "known to 'hyperwatt' alone; without it: random, hw-random" in log[0]
    assert comparison.notes == [log[0]]
    assert comparison.complete


@pytest.mark.slow
def test_pairs_are_made_of_the_seeds_that_both_arms_have(tmp_path: Path) -> None:
    spec = table_spec(tmp_path)
    comparison, _ = compared(spec, tmp_path / "c", repeats=3)
    default, praised = comparison.arms

    def of_seeds(*arms: tuple[Arm, set[int]]) -> Comparison:
        kept = [
            replace(arm, repeats=[one for one in arm.repeats if one.seed in seeds])
            for arm, seeds in arms
        ]
        return Comparison(spec, kept, comparison.quality, False)

    unequal = of_seeds((default, {0, 1}), (praised, {1, 2}))
    apart = of_seeds((default, {0}), (praised, {2}))

    assert unequal.common_seeds == [1]
    (pair,) = pairs_of(unequal)
    assert [(a.seed, b.seed) for a, b in paired(pair.default, pair.hyperpower)] == [(1, 1)]
    assert speedup_table(unequal)["pairs"].max() <= 1
    assert "UNEQUAL SEEDS (random 0, 1; hw-random 1, 2)" in unequal.seeds_line()
    assert pairs_of(apart) == []


def test_several_runs_at_once_need_a_number_above_zero(tmp_path: Path) -> None:
    table_spec(tmp_path)

    said = CliRunner().invoke(app, ["compare", str(tmp_path / "cells.yaml"), "--at-once", "0"])

    assert said.exit_code == 2


def test_runs_lie_in_folders_of_variant_and_seed(tmp_path: Path) -> None:
    runs = runs_of(load_spec("digits"), [Variant("ei", full=True)], 2, tmp_path)

    assert [run.folder.path for run in runs] == [
        tmp_path / "ei-full" / "seed-7",
        tmp_path / "ei-full" / "seed-8",
    ]
