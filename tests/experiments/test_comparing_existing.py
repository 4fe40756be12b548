"""Runs that are there already, put side by side through the command line where it matters."""

import shutil
from pathlib import Path

import pytest
import yaml
from recorded import table_spec
from typer.testing import CliRunner

from hyperwatt.constraints.errors import RunError, SpecError
from hyperwatt.experiments.cli import app
from hyperwatt.experiments.comparing_existing import compare_existing, write_report
from hyperwatt.experiments.existing_runs import find_runs
from hyperwatt.experiments.run_folder import RunFolder
from hyperwatt.experiments.sweep import create, resume
from hyperwatt.orchestrator.journal import Journal


def run(folder: Path, path: Path, *settings: str) -> Path:
    """A finished replay of the small table."""
    spec = table_spec(folder, "limits.trials=4", "profile.candidates=6", *settings)
    create(spec, RunFolder(path))
    resume(RunFolder(path), address=None, listener=lambda plan, state: None)
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Runs that nobody changes."""
    root = tmp_path_factory.mktemp("made")
    return {
        f"{strategy}-{seed}": run(
            root, root / "c" / strategy / f"seed-{seed}", f"strategy={strategy}", f"seed={seed}"
        )
        for strategy, seed in (("random", 9), ("random", 10), ("hw-random", 9))
    } | {"root": root}


def copied(run: Path, to: Path, **sections: object) -> Path:
    """A run whose spec has other sections."""
    shutil.copytree(run, to)
    plain = yaml.safe_load((to / "spec.yaml").read_text())
    plain.update(sections)
    (to / "spec.yaml").write_text(yaml.safe_dump(plain))
    return to


def report(*words: object) -> tuple[int, str]:
    said = CliRunner().invoke(app, ["report", *map(str, words)])
    refused = "" if said.exception is None else str(said.exception)
    return said.exit_code, said.output + refused


def faults_of(*runs: Path) -> str:
    with pytest.raises(SpecError) as caught:
        compare_existing(runs)
    return str(caught.value)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_a_comparison_or_an_arm_of_it_stands_for_all_runs_in_it(made: dict[str, Path]) -> None:
    comparison = compare_existing([made["root"] / "c"])

    assert [(arm.name, arm.seeds) for arm in comparison.arms] == [
        ("hw-random", [9]),
        ("random", [9, 10]),
    ]
    assert comparison.complete
    assert comparison.notes == []
    assert compare_existing([made["root"] / "c" / "random"]).arms[0].seeds == [9, 10]


def test_runs_on_other_devices_and_with_more_trials_at_once_are_unfair(
    made: dict[str, Path], tmp_path: Path
) -> None:
    other = run(tmp_path, tmp_path / "other", "strategy=hw-random", "seed=9", "concurrency=2")
    text = (other / "journal.jsonl").read_text()
    (other / "journal.jsonl").write_text(text.replace("recorded:cells", "recorded:others"))

    notes = compare_existing([made["random-9"], other]).notes

    assert "UNFAIR: the most trials at once differs: 1 in random; 2 in hw-random" in notes
    assert any(note.startswith("UNFAIR: the device measured on differs") for note in notes)


@pytest.mark.slow
def test_runs_are_compared_and_nothing_is_run(made: dict[str, Path], tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in made["root"].rglob("*")}

    code, said = report(made["random-9"], made["hw-random-9"], "--out", tmp_path / "out")

    assert code == 0
    assert "1 seed a strategy: no spread" in said
    assert (tmp_path / "out" / "comparison.html").is_file()
    assert before == {path: path.stat().st_mtime_ns for path in made["root"].rglob("*")}
    assert report(made["random-9"], made["hw-random-9"], "--out", tmp_path / "out")[0] == 0


def test_the_report_goes_into_a_new_folder_unless_said_otherwise(
    made: dict[str, Path], tmp_path: Path
) -> None:
    _, said = report(made["root"] / "c")
    only_text = report(made["root"] / "c", "--text")

    (folder,) = (tmp_path / "runs").iterdir()
    assert folder.name.startswith("report-cells-")
    assert str(Path("runs") / folder.name / "comparison.html") in said
    assert only_text[0] == 0
    assert "page:" not in only_text[1]


def test_one_run_has_the_report_it_always_had(made: dict[str, Path], tmp_path: Path) -> None:
    one = copied(made["random-9"], tmp_path / "one")

    assert report(one, "--text")[0] == 0
    assert report(one)[0] == 0
    assert (one / "report.html").is_file()
    assert report(one, "--out", tmp_path / "x")[0] == 0
    assert (tmp_path / "x" / "report.md").is_file()


def test_the_same_folder_twice_is_one_run(made: dict[str, Path]) -> None:
    comparison = compare_existing([made["random-9"], made["root"] / "c" / "random" / "seed-9"])

    assert [arm.seeds for arm in comparison.arms] == [[9]]


def test_two_runs_of_one_strategy_and_seed_are_refused(
    made: dict[str, Path], tmp_path: Path
) -> None:
    again = copied(made["random-9"], tmp_path / "again")

    assert f"random: 2 runs have seed 9: {made['random-9']}, {again}" in faults_of(
        made["random-9"], again
    )


def test_what_makes_a_comparison_meaningless_is_refused_all_at_once(
    made: dict[str, Path], tmp_path: Path
) -> None:
    space = yaml.safe_load((made["random-9"] / "spec.yaml").read_text())["space"]
    space["layers"]["high"] = 3
    other = copied(
        made["random-10"], tmp_path / "other", space=space, budget={"power": "70 W"},
        objectives=["error", "power"], constraints={"error": 0.9},
    )  # fmt: skip

    said = faults_of(made["random-9"], other, tmp_path / "none")

    for place in ("space.layers", "objectives", "budget.power", "constraints.error"):
        assert f"- {place}: differs: " in said
    assert f"75.0 W in {made['random-9']}; 70.0 W in {other}" in said
    assert "is not there; name the folder of a run" in said


def test_another_table_of_the_same_name_is_refused_and_the_same_elsewhere_is_not(
    made: dict[str, Path], tmp_path: Path
) -> None:
    table = yaml.safe_load((made["random-9"] / "spec.yaml").read_text())["table"]
    text = Path(table["path"]).read_text()
    for name, content in (("same", text), ("changed", text.replace("120", "121", 1))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "cells.csv").write_text(content)
    runs = [
        copied(made["random-10"], tmp_path / f"run-{name}",
               table={**table, "path": str(tmp_path / name / "cells.csv")})
        for name in ("same", "changed")
    ]  # fmt: skip

    assert compare_existing([made["random-9"], runs[0]]).complete
    assert "table.path: differs: cells.csv (sha256" in faults_of(made["random-9"], runs[1])


def test_what_is_unfair_is_allowed_and_said(made: dict[str, Path], tmp_path: Path) -> None:
    other = copied(
        made["hw-random-9"], tmp_path / "other", limits={"trials": 9, "wall_clock": "3 h"},
        concurrency=2, gate={"alpha": 0.2}, acquisition={"per_second": False},
        early_stopping={"chance_level": {"after_epochs": 1}},
    )  # fmt: skip

    notes = compare_existing([made["random-9"], made["random-10"], other]).notes

    assert "UNFAIR: limits.trials differs: 4 in random; 9 in hw-random" in notes
    assert "UNFAIR: concurrency differs: auto in random; 2 in hw-random" in notes
    assert any("early_stopping.chance_level.after_epochs" in note for note in notes)
    assert not any("gate" in note for note in notes)  # neither strategy reads it


def test_with_and_without_early_stopping_are_two_arms(
    made: dict[str, Path], tmp_path: Path
) -> None:
    full = copied(made["random-9"], tmp_path / "full", early_stopping={})
    other = copied(made["hw-random-9"], tmp_path / "other", early_stopping={})

    both = compare_existing([made["random-9"], full])
    neither = compare_existing([full, other])
    unpaired = compare_existing([made["random-9"], other])

    assert [arm.name for arm in both.arms] == ["random", "random-full"]
    assert both.notes == []
    assert [arm.name for arm in neither.arms] == ["random", "hw-random"]
    assert any("early_stopping" in note for note in unpaired.notes)


def test_runs_that_are_not_finished_count_as_far_as_they_got(
    made: dict[str, Path], tmp_path: Path
) -> None:
    cut, empty, live = (copied(made["random-10"], tmp_path / name) for name in ("a", "b", "c"))
    lines = (cut / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (cut / "journal.jsonl").write_bytes(b"".join(lines[: len(lines) * 2 // 3]) + b'{"v":1,"n"')
    (empty / "journal.jsonl").write_bytes(b"")
    shutil.copy(cut / "journal.jsonl", live / "journal.jsonl")
    for path, seed in ((cut, 11), (empty, 12), (live, 13)):
        spec = (path / "spec.yaml").read_text()
        (path / "spec.yaml").write_text(spec.replace("seed: 10", f"seed: {seed}"))

    journal, _ = Journal.open(live / "journal.jsonl")
    comparison = compare_existing([made["random-9"], cut, empty, live])
    journal.close()
    written = write_report(comparison, tmp_path / "out", [cut])

    assert not comparison.complete
    assert "INCOMPLETE: 3 of 4 runs are not finished" in comparison.notes[0]
    assert "STILL RUNNING after" in "\n".join(comparison.notes)
    assert "UNFINISHED (interrupted, or it crashed) after 0 of at most 4" in "\n".join(
        comparison.notes
    )
    assert "INCOMPLETE" in (written / "comparison.md").read_text()
    assert comparison.arms[0].seeds == [9, 11, 12, 13]


def test_runs_without_anything_feasible_are_compared_too(tmp_path: Path) -> None:
    runs = [
        run(tmp_path, tmp_path / name, f"strategy={name}", "budget={power: 10 W}")
        for name in ("random", "ei")
    ]

    code, said = report(*runs)

    assert code == 0
    assert "0/1" in said


def test_what_is_no_run_is_named(made: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    lost = copied(made["random-10"], tmp_path / "lost")
    (lost / "journal.jsonl").unlink()
    gone = copied(made["random-10"], tmp_path / "gone")
    table = yaml.safe_load((gone / "spec.yaml").read_text())["table"]
    copied(gone, tmp_path / "tableless", table={**table, "path": str(tmp_path / "no.csv")})
    newer = copied(made["random-10"], tmp_path / "newer")
    text = (newer / "journal.jsonl").read_text()
    (newer / "journal.jsonl").write_text(text.replace('"v":1', '"v":2'))

    said = faults_of(*(tmp_path / name for name in ("empty", "file", "lost", "tableless", "newer")))

    assert "empty: is no run (no spec.yaml and no journal.jsonl in it) and no comparison" in said
    assert "file: is a file; name the folder" in said
    assert "is not a run: no journal.jsonl in it" in said
    assert "there is no file" in said
    assert "has schema version 2, this version of hyperwatt reads 1" in said
    assert said.startswith("5 faults in the report")


def test_a_comparison_at_several_budgets_names_its_parts(
    made: dict[str, Path], tmp_path: Path
) -> None:
    shutil.copytree(made["root"] / "c", tmp_path / "shares" / "feasible-10")

    _, faults = find_runs([tmp_path / "shares"])

    assert "name one of its budgets: " in str(faults[0])
    assert "feasible-10" in str(faults[0])


def test_a_report_of_some_runs_never_replaces_that_of_their_comparison(
    made: dict[str, Path], tmp_path: Path
) -> None:
    shutil.copytree(made["root"] / "c", tmp_path / "c")
    (tmp_path / "c" / "comparison.md").write_text("of all")
    some = [tmp_path / "c" / name / "seed-9" for name in ("random", "hw-random")]

    with pytest.raises(RunError, match="must not hold other runs"):
        write_report(compare_existing(some), tmp_path / "c", some)
    assert (tmp_path / "c" / "comparison.md").read_text() == "of all"
