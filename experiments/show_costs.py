"""What the command line prints of profiles and predictions of costs."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..constraints.metrics import METRICS
from ..constraints.tracing.network_trace import Layer, Work
from ..constraints.units import format_quantity
from ..workers.meters.accelerator import SIMULATED
from .contest import Contest, Judged
from .foreseeing import Foreseen, Outlook
from .profiling import Profile

OK = 0
WIDE = 140  # columns of a table that goes into a file


def wide_console() -> Console:
    """The terminal as it is; where there is none, wide enough for the tables of this module."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDE)


def profiled(console: Console, profile: Profile) -> int:
    """Every predictor's quality, which is picked, and where it is.

    Returns:
        The exit code.
    """
    device = profile.sweep.state.costs.device or ""
    console.print(f"\nmeasured on {escape(device)}", highlight=False, soft_wrap=True)
    if device.startswith(SIMULATED):
        console.print("the device is SIMULATED: these figures say how well one formula fits "
                      "another, nothing about a real device", soft_wrap=True)  # fmt: skip
    for contest in profile.contests:
        console.print(_contest_table(contest))
        for warning in contest.warnings:
            console.print(f"[yellow]note:[/] {escape(warning)}", highlight=False, soft_wrap=True)
    folder = escape(str(profile.folder))
    console.print(f"\npredictors and plots: {folder}", soft_wrap=True)
    run = escape(str(profile.sweep.folder.path))
    console.print(f"start a sweep from it: [bold]--set profile.from={run}[/]", soft_wrap=True)
    return OK


def _contest_table(contest: Contest) -> Table:
    metric = METRICS[contest.metric]
    table = Table(box=None, pad_edge=False, title_justify="left", title=(
        f"\n{metric.short}: {len(contest.costs)} measurements, each predicted by the folds "
        "without it; picked by the error of the logarithm, to which half and double are alike"
    ))  # fmt: skip
    for name in ("predictor", "RMSPE", "MAPE", "rank corr.", "in 90 % interval", ""):
        table.add_column(name, justify="left" if name in ("predictor", "") else "right")
    for judged in contest.judged:
        table.add_row(*_row(judged), "picked" if judged is contest.picked else "")
    return table


def _row(judged: Judged) -> list[str]:
    quality = judged.quality
    return [
        judged.contestant.title,
        f"{quality.rmspe:.1%}",
        f"{quality.mape:.1%}",
        f"{quality.spearman:.3f}",
        f"{quality.coverage90:.0%}",
    ]


def foreseen(console: Console, title: str, outlook: Outlook) -> int:
    """A network layer by layer, its totals, and the bottleneck.

    Returns:
        The exit code.
    """
    console.print(escape(title), highlight=False, soft_wrap=True)
    console.print(_layer_table(outlook))
    trace = outlook.trace
    console.print(
        f"\n{trace.parameters:,} parameters; batch of {trace.batch_size}: {_work(trace.inference)}",
        highlight=False, soft_wrap=True,
    )  # fmt: skip
    if trace.training is not None:
        size = trace.training_batch_size
        console.print(f"training step, batch of {size}: {_work(trace.training)}",
                      highlight=False, soft_wrap=True)  # fmt: skip
    for name, calls in trace.unknown.items():
        console.print(f"[yellow]note:[/] the operator {escape(name)} ({calls} calls) is not known: "
                      "its multiply-accumulates are not counted", soft_wrap=True)  # fmt: skip
    bottleneck = outlook.bottleneck()
    if bottleneck is not None:
        layer, why = bottleneck
        console.print(f"bottleneck by {why}: {escape(layer.name)} ({layer.kind})", highlight=False)
    _totals(console, outlook)
    return OK


def _totals(console: Console, outlook: Outlook) -> None:
    if outlook.device is None:
        console.print("no --profile: time, power and energy need one of the device; make it with "
                      "[bold]hyperwatt profile[/]", soft_wrap=True)  # fmt: skip
        return
    console.print(f"\npredicted on {escape(outlook.device)}", highlight=False, soft_wrap=True)
    for total in outlook.totals.values():
        console.print(f"  {escape(_total(total))}", highlight=False, soft_wrap=True)


def _total(total: Foreseen) -> str:
    metric = METRICS[total.metric]
    value = format_quantity(total.mean, metric.unit)
    spread = format_quantity(total.std, metric.unit)
    word = "; EXTRAPOLATING beyond what was measured" if total.extrapolated else ""
    return f"{metric.short}: {value} +- {spread}{word} ({total.describes})"


def _work(work: Work) -> str:
    macs = sum(work.macs.values())
    peak = format_quantity(work.peak_bytes, "B")
    parts = ", ".join(f"{name} {format_quantity(size, 'B')}" for name, size in work.peak_by.items()
                      if size)  # fmt: skip
    traffic = format_quantity(work.traffic_bytes, "B")
    return f"{macs:.3g} MACs, {traffic} of traffic, peak memory {peak} ({parts})"


def _layer_table(outlook: Outlook) -> Table:
    table = Table(box=None, pad_edge=False)
    for name in ("layer", "kind", "output", "MACs", "parameters", "activations", "traffic"):
        table.add_column(name, justify="left" if name in ("layer", "kind", "output") else "right")
    for metric in outlook.shares:
        table.add_column(METRICS[metric].short, justify="right")
        table.add_column("share", justify="right")
    if {"latency_s", "energy_j"} <= set(outlook.shares):
        table.add_column("power", justify="right")
    for index, layer in enumerate(outlook.trace.layers):
        table.add_row(*_layer_cells(layer), *_cost_cells(outlook, index))
    return table


def _layer_cells(layer: Layer) -> list[str]:
    return [
        escape(layer.name),
        layer.kind,
        "x".join(map(str, layer.output_shape)),
        f"{layer.macs:.3g}" if layer.macs else "",
        f"{layer.parameters:,}" if layer.parameters else "",
        format_quantity(layer.activation_bytes, "B") if layer.activation_bytes else "",
        format_quantity(layer.traffic_bytes, "B") if layer.traffic_bytes else "",
    ]


def _cost_cells(outlook: Outlook, index: int) -> list[str]:
    cells = []
    for metric, values in outlook.shares.items():
        total = outlook.totals[metric].mean
        cells += [format_quantity(values[index], METRICS[metric].unit),
                  f"{values[index] / total:.0%}" if total else ""]  # fmt: skip
    if {"latency_s", "energy_j"} <= set(outlook.shares):
        time = outlook.shares["latency_s"][index]
        items = outlook.trace.batch_size  # energy is per item, time per batch
        watts = outlook.shares["energy_j"][index] * items / time if time else 0.0
        cells.append(format_quantity(watts, "W") if watts else "")
    return cells
