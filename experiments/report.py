"""The report of one run: the same content as a page and as text."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ..constraints.metrics import METRICS
from ..constraints.units import format_quantity
from ..orchestrator.confirmation import Confirmed
from ..orchestrator.plan import Plan
from ..orchestrator.state import Trial
from .curves import incumbent_curve
from .front import front_figure, front_lines, front_table
from .known_before import before_lines, read_before
from .page import Section, picture, render, table
from .plots import cost_figure, incumbent_figure, prediction_figure
from .problem import problem_of
from .quality import Quality
from .summary import Summary, summarise
from .sweep import Sweep
from .tables import ledger_table, trials_table
from .wording import (
    cost_line,
    count_line,
    headline,
    measured_lines,
    model_lines,
    promise_lines,
    saved_lines,
    scores,
    shown,
    stopgap_lines,
)


@dataclass(frozen=True)
class Block:
    """A titled list of lines."""

    title: str
    lines: tuple[str, ...]


def text_blocks(sweep: Sweep) -> list[Block]:
    """What everybody wants to know of a run, in words; the headline first."""
    summary = summarise(sweep.plan, sweep.state)
    blocks = [Block(headline(sweep.plan, sweep.state, summary), tuple(_best_lines(sweep, summary)))]
    members = front_lines(sweep.plan, sweep.state, summary)
    if members:
        blocks.append(Block("Front", tuple(members)))
    blocks.append(Block("About", tuple(problem_of(sweep.spec).about())))
    known = before_lines(read_before(sweep.folder.before))
    if known:
        blocks.append(Block("Known before", tuple(known)))
    blocks.append(Block("Trials", (count_line(summary), *stopgap_lines(summary), *_ending(sweep))))
    saved = saved_lines(sweep.plan, summary)
    if saved:
        blocks.append(Block("Saved", tuple(saved)))
    promise = promise_lines(summary)
    if promise:
        blocks.append(Block("Promise", tuple(promise)))
    measured = measured_lines(sweep.state)
    if measured:
        blocks.append(Block("Measured", tuple(measured)))
    models = model_lines(summary, sweep.spec.device)
    if models:
        blocks.append(Block("Predictors", tuple(models)))
    return blocks


def shown_columns(trials: pd.DataFrame) -> pd.DataFrame:
    """A trials table without what only the file has room for: how each cost was measured."""
    hidden = ("noted.", "attribution.", "flags.")
    return trials[[name for name in trials.columns if not name.startswith(hidden)]]


def html_report(sweep: Sweep) -> str:
    """The whole report as one page."""
    blocks = text_blocks(sweep)
    plan, state = sweep.plan, sweep.state
    sections = [Section("Best", lines=blocks[0].lines)]
    for block in blocks[1:]:
        if block.title == "Front":
            sections += table("Front", front_table(plan, summarise(plan, state)))
            sections.append(Section("", lines=block.lines[-1:]))
            sections += picture("Front of the feasible networks", front_figure(plan, state))
        else:
            sections.append(Section(block.title, lines=block.lines))
    quality = Quality.of(plan.objectives, [(plan, state)])
    title = "Hypervolume so far" if quality.several else "Best feasible so far"
    curve = incumbent_curve(plan, state, quality)
    sections += picture(title, incumbent_figure(curve, quality))
    sections += picture("Objective against cost", cost_figure(plan, state))
    sections += picture("Predicted against measured", prediction_figure(plan, state))
    trials = shown_columns(trials_table(plan, state))
    for title, purpose in (
        ("Trainings", "train"),
        ("Measured again", "confirm"),
        ("Profile", "profile"),
        ("Measured first", "probe"),
    ):
        sections += table(f"{title}, SI units", trials[trials["purpose"] == purpose])
    sections += table("Rejected before dispatch, SI units", ledger_table(state))
    return render(f"hyperwatt: {sweep.spec.name}", blocks[0].title, sections)


def _best_lines(sweep: Sweep, summary: Summary) -> list[str]:
    """What is to be known of the best, one after another."""
    named: list[tuple[Trial, Confirmed | None]] = [(c.trial, c) for c in summary.winners]
    if not named:
        named = [(trial, None) for trial in summary.front]
    lines = []
    for best, final in named:
        if len(sweep.plan.objectives) > 1:
            lines.append(f"{best.trial_id}: {scores(sweep.plan, best)}")
        lines += _network_lines(sweep, best, final)
    return lines


def _network_lines(sweep: Sweep, best: Trial, final: Confirmed | None) -> list[str]:
    settings = ", ".join(f"{name}={_short(value)}" for name, value in best.candidate.items())
    lines = [f"hyper-parameters: {settings}"]
    lines += _cost_lines(sweep.plan, best, final)
    if final is not None:
        error = getattr(final.again.end, "metrics", {}).get("test_error")
        if error is not None:
            lines.append(f"test error: {shown('test_error', error)} (never used for selection)")
    if sweep.spec.table is not None:
        return lines
    stored = sweep.state.weights(best.trial_id, sweep.plan.selected_by)
    weights = sweep.folder.checkpoints / (stored or "")
    lines.append(f"weights: {weights}" + ("" if weights.is_file() else " (not there)"))
    return lines


def _cost_lines(plan: Plan, best: Trial, final: Confirmed | None) -> list[str]:
    lines = []
    for constraint in plan.predicted:
        again = final.again.costs.get(constraint.metric) if final else None
        measured = again or best.costs[constraint.metric]
        word = "confirmed" if again else "measured"
        metric = METRICS[constraint.metric]
        bound = format_quantity(constraint.bound, metric.unit)
        line = cost_line(constraint, measured, best.verdict.costs.get(constraint.metric))
        lines.append(f"{metric.short} (budget {bound}): {word} {line}")
    return lines


def _ending(sweep: Sweep) -> list[str]:
    ended = sweep.state.ended
    state = f"ended: {ended.message}" if ended else "not finished"
    return [f"{state}; {sweep.state.now_s / 60:.1f} min of running time"]


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
