"""A run in words: titled lines for the terminal and the page."""

from __future__ import annotations

from dataclasses import dataclass

from ...constraints.metrics import METRICS
from ...constraints.units import format_quantity
from ...orchestrator.confirmation import Confirmed
from ...orchestrator.plan import Plan
from ...orchestrator.state import Trial
from ..front import front_lines
from ..known_before import before_lines, read_before
from ..problem import problem_of
from ..summary import Summary, summarise
from ..sweep import Sweep
from ..wording import (
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


def text_blocks(sweep: Sweep, summary: Summary | None = None) -> list[Block]:
    """What everybody wants to know of a run, in words; the headline first.

    Args:
        sweep: finished or not.
        summary: of it, if there is one already.
    """
    summary = summary or summarise(sweep.plan, sweep.state, sweep.judged)
    blocks = [Block(headline(sweep.plan, sweep.state, summary), tuple(_best_lines(sweep, summary)))]
    members = front_lines(sweep.plan, sweep.state, summary)
    if members:
        blocks.append(Block("Front", tuple(members)))
    blocks.append(Block("About", tuple(problem_of(sweep.spec).about())))
    known = before_lines(read_before(sweep.folder.before))
    if known:
        blocks.append(Block("Known before", tuple(known)))
    blocks.append(Block("Outcome", (count_line(summary), *stopgap_lines(summary), *_ending(sweep))))
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
    if not models and sweep.plan.gated and not sweep.finished:
        models = ["judged when the run has ended"]
    if models:
        blocks.append(Block("Predictors", tuple(models)))
    return blocks


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
