"""Tables tell who was better, and say nothing where there are no cells."""

from __future__ import annotations

from pathlib import Path

from benchmarks.search.page import BEGIN, END, put_between
from benchmarks.search.plots import group, plot_infeasible, plot_regret
from benchmarks.search.summary import Run, Subject
from benchmarks.search.tables import (
    cell_table,
    headline_table,
    losing_table,
    rank_table,
    result_table,
    speed_table,
)

SUBJECTS = {
    f"p{i}": Subject(f"p{i}", "made up", "toy", 0.0, True, i == 0, 1, True) for i in range(12)
}
FOUND = {"hyperwatt": (5, 1.0), "ei": (50, 2.0), "random": (80, 3.0), "optuna-tpe": (20, 1.5)}


def runs() -> list[Run]:
    return [
        Run(
            name,
            arm,
            seed,
            "2",
            probes=15,
            trainings=100,
            wanted=104,
            infeasible=4,
            measured=9,
            total_s=1000.0,
            suggest_s=0.1,
            at=[at],
            losses=[loss + seed / 100],
            dispatched=[2 * at],
            seconds=[10.0 * at],
        )
        for name in SUBJECTS
        for arm, (at, loss) in FOUND.items()
        for seed in range(4)
    ]


def test_the_arm_that_always_wins_is_first_and_significant() -> None:
    lines = list(rank_table(group(runs()), SUBJECTS, limited=True))
    rows = [line for line in lines if line.startswith("| ")][1:]

    assert "| **hyperwatt** | 1.00 | 12 |" in rows[0]
    assert all(float(row.split("|")[4]) < 0.01 for row in rows[1:])


def test_trainings_are_compared_with_vanilla_and_with_the_best_aware_peer() -> None:
    lines = list(speed_table(group(runs()), SUBJECTS))

    assert "| p0 | 2.01 | 50 | 20 (optuna-tpe) | 5 | 10.0 | 4.0 |" in lines
    assert lines[-1].endswith("**10.0** | **4.0** |")


def test_the_headline_has_medians_seeds_and_infeasible_shares(tmp_path: Path) -> None:
    arms = ("hyperwatt", "random", "no such arm")
    lines = list(headline_table(group(runs()), SUBJECTS, {"p0": "First"}, arms))
    page = tmp_path / "README.md"
    page.write_text(f"above\n{BEGIN}\nold\n{END}\nbelow\n")

    put_between(page, lines)
    put_between(page, lines)

    assert lines[2:] == [
        "| `hyperwatt` | 1.01 / 1.01 (4; 4%) |",
        "| `random` | none / 3.01 (4; 4%) |",
    ]
    assert page.read_text() == "\n".join(["above", BEGIN, *lines, END, "below", ""])


def test_seconds_are_compared_likewise() -> None:
    lines = list(speed_table(group(runs()), SUBJECTS, "seconds"))

    assert "| p0 | 2.01 | 500 | 200 (optuna-tpe) | 50 | 10.0 | 4.0 |" in lines


def test_nobody_is_listed_as_better_than_the_winner() -> None:
    assert len(list(losing_table(group(runs()), SUBJECTS))) == 2


def test_an_arm_without_cells_has_an_empty_line() -> None:
    lines = list(result_table(group(runs())["p0"], SUBJECTS["p0"]))

    assert "| botorch-qlogei | | | | | | |" in lines


def test_made_up_figures_say_so() -> None:
    lines = list(cell_table(group(runs()), SUBJECTS))

    assert [line for line in lines if "SIMULATED" in line] == [
        line for line in lines if line.startswith("| p0 ")
    ]


def test_pictures_are_drawn_also_without_cells(tmp_path: Path) -> None:
    names = ["p0", "p1"]
    plot_regret(group(runs()), SUBJECTS, names, tmp_path / "a.png")
    plot_infeasible(group(runs()), SUBJECTS, names, tmp_path / "b.png")
    plot_regret({}, SUBJECTS, names, tmp_path / "c.png")
    plot_regret(group(runs()), SUBJECTS, names, tmp_path / "d.png", "dispatched")
    plot_regret(group(runs()), SUBJECTS, names, tmp_path / "e.png", "seconds")

    assert all((tmp_path / f"{name}.png").stat().st_size > 0 for name in "abcde")
