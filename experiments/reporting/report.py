"""The report of one run: what is said, drawn and listed, before it becomes a page or files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

import pandas as pd
import yaml

from ...orchestrator.journal import is_being_written
from ...workers.meters.accelerator import SIMULATED
from ..account_tables import run_tables
from ..front import front_table
from ..quality import Quality
from ..report_table import Table, with_rows
from ..run_folder import RunFolder
from ..summary import Summary, summarise
from ..sweep import Sweep
from ..tables import ledger_table, trials_table
from .cards import cards_of
from .charts_costs import (
    calibration_drawing,
    calibration_rows,
    cost_drawings,
    front_rows,
    prediction_drawings,
    prediction_rows,
)
from .charts_front import front_drawings, front_members
from .charts_parameters import (
    importance_drawing,
    pair_drawing,
    parallel_drawing,
    parallel_end_rows,
    parallel_rows,
    slice_drawings,
)
from .charts_progress import (
    epochs_drawing,
    incumbent_drawings,
    incumbent_rows,
    over_drawing,
    over_rows,
    timeline_drawing,
    timeline_rows,
)
from .columns import Column
from .drawing import Drawing, Rows
from .exports import markdown, write_plots, write_tables
from .importance import Importance, importance_rows, importances
from .page import Page, Section, listed, render, table
from .run_data import STANDINGS, RunData, epoch_rows
from .words import Block, text_blocks

FRONT, REJECTED, TRIALS = "Front", "Rejected before dispatch, SI units", "Trials, SI units"
MOST_REJECTED = 300  # rows of the ledger on the page; all of them are in its file
LEAST_TRAINED = 2  # trainings to draw along parameters


@dataclass(frozen=True, eq=False)
class Report:
    """What there is to tell of a run.

    Attributes:
        sweep: as it stands.
        page: with everything.
        blocks: what is said, the headline first.
        tables: whole.
    """

    sweep: Sweep
    page: Page
    blocks: Sequence[Block]
    tables: Sequence[Table]

    def html(self) -> str:
        """The page."""
        return render(self.page)

    def write(self, folder: Path) -> None:
        """All of it as files; see `exports.py`.

        Side effects:
            Makes the folder; files of an earlier writing are replaced.
        """
        write_tables(self.tables, folder / "tables")
        write_plots(self.page.drawings, self.page.data, folder / "plots")
        whole = {TRIALS, REJECTED}  # long, and raw
        read = [one for one in self.tables if one.title not in whole]
        text = markdown(self.page.title, self.blocks, read)
        (folder / "report.md").write_text(text, encoding="utf-8")
        (folder / "report.html").write_text(self.html(), encoding="utf-8")


def build_report(sweep: Sweep, summary: Summary | None = None, *, version: str = "") -> Report:
    """Put the report of a run together.

    Args:
        sweep: finished or not.
        summary: of it, if there is one already.
        version: of what is shown, for a page that follows the run; empty for one that does not.
    """
    plan, state = sweep.plan, sweep.state
    run = RunData.of(plan, state)
    summary = summary or summarise(plan, state, sweep.judged)
    quality = Quality.of(plan.objectives, [(plan, state)])
    found = importances(run)
    blocks = text_blocks(sweep, summary)
    accounts = run_tables(plan, state)
    tables = with_rows([
        _raw(FRONT, front_table(plan, summary)), *accounts,
        _raw("Importance of the parameters", pd.DataFrame(importance_rows(found))),
        _raw(REJECTED, ledger_table(state)), _raw(TRIALS, trials_table(plan, state)),
    ])  # fmt: skip
    data = _data(run, quality, found)
    page = Page(
        title=sweep.spec.name,
        headline=blocks[0].title,
        sections=_sections(
            sweep, run, quality, found, data=data, blocks=blocks, tables=tables, accounts=accounts
        ),
        states=states(sweep),
        cards=cards_of(sweep, summary),
        data=data,
        columns=_table_columns(run),
        table="trials",
        kinds=[*STANDINGS, *sorted({row["purpose"] for row in run.trials})],
        command=_command(sweep.folder),
        version=version,
    )
    return Report(sweep, page, blocks, tables)


def states(sweep: Sweep) -> list[tuple[str, str]]:
    """How the run stands, for the page's head."""
    if sweep.finished:
        how = ("finished", "")
    elif is_being_written(sweep.folder.journal):
        how = ("running", "running")
    else:
        how = ("interrupted: `hyperwatt resume` continues it", "warned")
    made_up = sweep.spec.device.startswith(SIMULATED)
    kinds = [("simulated costs", "warned")] if made_up else []
    kinds += [("replay of a table, virtual time", "")] if sweep.spec.table is not None else []
    return [how, *kinds]


def _data(run: RunData, quality: Quality, found: list[Importance]) -> dict[str, Rows]:
    costs = [run.columns.cost(c.metric) for c in run.plan.predicted]
    predictions = prediction_rows(run)
    return {
        "trials": run.trials,
        "incumbent": incumbent_rows(run, quality),
        "over": over_rows(run),
        "timeline": timeline_rows(run),
        "epochs": epoch_rows(run),
        "predictions": predictions,
        "calibration": calibration_rows(run, predictions),
        "parallel": parallel_rows(run),
        "parallel-ends": parallel_end_rows(run),
        "importance": importance_rows(found),
        "front": front_members(run),
        **{f"front-{cost.key}": front_rows(run, cost) for cost in costs},
    }


def _sections(
    sweep: Sweep, run: RunData, quality: Quality, found: list[Importance],
    *, data: dict[str, Rows], blocks: Sequence[Block],
    tables: Sequence[Table], accounts: Sequence[Table],
) -> list[Section]:  # fmt: skip
    trained = len(run.trained())
    told = {block.title: block.lines for block in blocks[1:]}
    sections = [Section("Best", lines=blocks[0].lines)]
    known = {one.title: one for one in tables}
    if FRONT in known:
        sections += table(FRONT, known[FRONT].shown)
        sections.append(
            Section("", lines=told.pop("Front")[-1:], drawings=front_drawings(run, quality))
        )
    progress: list[Drawing | None] = [
        *(incumbent_drawings(run, quality) if trained else ()),
        over_drawing(run) if run.trials else None,
        epochs_drawing(run) if any(trial.reports for trial in run.state.of("train")) else None,
    ]
    costs = [
        *(cost_drawings(run) if trained else ()),
        *prediction_drawings(run, data["predictions"]),
        *([calibration_drawing()] if data["calibration"] else ()),
    ]
    sections += _drawn("Progress", progress)
    sections += _drawn("Costs", costs, told.pop("Predictors", ()))
    if trained >= LEAST_TRAINED:
        sections += _drawn("Parameters", [parallel_drawing(run)], wide=True)
        sections += _drawn(
            "",
            [importance_drawing(run, found), pair_drawing(run, found), *slice_drawings(run, found)],
        )
    if any("began" in row for row in run.trials):
        sections += _drawn("Timeline", [timeline_drawing()], wide=True)
    sections += [Section(title, lines=lines) for title, lines in told.items()]
    sections.append(Section("In numbers"))
    for one in accounts:
        sections += listed(one)
    sections += _rejected(known[REJECTED].frame) if REJECTED in known else []
    spec = yaml.safe_dump(sweep.spec.to_plain(), sort_keys=False, allow_unicode=True)
    return [*sections, Section("Specification", code=spec)]


def _drawn(
    title: str,
    drawings: Sequence[Drawing | None],
    lines: Sequence[str] = (),
    *,
    wide: bool = False,
) -> list[Section]:
    known = [drawn for drawn in drawings if drawn is not None]
    return [Section(title, lines=lines, drawings=known, wide=wide)] if known or lines else []


def _raw(title: str, frame: pd.DataFrame) -> Table:
    """A table without another form for people."""
    return Table(title, frame, frame)


def _rejected(ledger: pd.DataFrame) -> list[Section]:
    left_out = len(ledger) - MOST_REJECTED
    note = f"the last {MOST_REJECTED} of {len(ledger)}" if left_out > 0 else ""
    [section] = table(REJECTED, ledger.tail(MOST_REJECTED))
    return [section, *([Section("", lines=[note])] if note else [])]


def _table_columns(run: RunData) -> list[Column]:
    columns = run.columns
    return [
        Column("id", "trial"), Column("purpose", "for"), Column("standing", "standing"),
        Column("how", "status"), Column("why", "reason"), *columns.objectives, *columns.costs,
        *columns.predicted, Column("epochs", "epochs"), *columns.parameters,
        Column("began", "began (s)"), Column("work", "worked (s)"), Column("joules", "energy (J)"),
        Column("place", "device"),
    ]  # fmt: skip


def _command(folder: RunFolder) -> str:
    spec = Path(folder.spec)
    return f"hyperwatt run {quote(str(spec))} --set limits.trials=1 --set "
