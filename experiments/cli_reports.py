"""The commands that tell of runs: `report`, `watch` and `compare`."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from .cli_options import Address, Settings
from .run_folder import RunFolder
from .spec_files import load_spec


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(help="Run directories, or those of comparisons: all runs in them."),
    ],
    text: Annotated[bool, typer.Option("--text", help="Only print it; write no page.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Where the report goes as files: tables (CSV, Parquet, LaTeX), plots (SVG, PNG), "
            "Markdown and the page. That of several runs is always written so."
        ),
    ] = None,
) -> None:
    """Write the report of a run, finished or not; or compare several, without running anything."""
    from . import comparing_existing, existing_runs, show, sweep

    if text and out is not None:
        raise typer.BadParameter("--text writes nothing, so it cannot stand beside --out")
    if len(runs) == 1 and not existing_runs.is_comparison(runs[0]):
        show.report(Console(), sweep.load(RunFolder(runs[0])), page=not text, files=out)
        return
    comparison = comparing_existing.compare_existing(runs)
    folder = None if text else comparing_existing.write_report(comparison, out, runs)
    show.compared(Console(), comparison, folder)


def watch(
    run: Annotated[Path, typer.Argument(help="Run directory.")],
    host: Annotated[
        str, typer.Option(help="To listen at; on another than this machine's own, with a token.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any.")] = 8270,
    token: Annotated[
        str | None,
        typer.Option(envvar="HYPERWATT_WATCH_TOKEN", help="Asked for; made up if there is none."),
    ] = None,
) -> None:
    """Serve the report of a run as a page that follows it, finished or not."""
    from . import show
    from .reporting.live_page import serve

    with serve(RunFolder(run), host, port, token=token) as server:
        show.served(Console(), server.url)
        with suppress(KeyboardInterrupt):  # how it is meant to end
            server.serve_forever(poll_interval=0.2)


def compare(
    spec: Annotated[str, typer.Argument(help="A YAML file, or a bundled spec.")],
    strategies: Annotated[
        str | None, typer.Option(help="Names, separated by commas; by default hw-ieci,ei,random.")
    ] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Seeds per strategy.")] = 3,
    protocol: Annotated[
        str | None,
        typer.Option(
            help="HyperPower's experiment: `fixed-evaluations` or `fixed-time`. Both forms of all "
            "four solvers, with and without early termination, unless said otherwise."
        ),
    ] = None,
    early_stopping: Annotated[
        str | None, typer.Option(help="The spec's rules: `on`, `off`, or `both` as arms.")
    ] = None,
    feasible: Annotated[
        str | None,
        typer.Option(help="Percentages: compare under budgets that leave so much of the space."),
    ] = None,
    candidates: Annotated[
        int, typer.Option(min=20, help="Measured to set the budgets of --feasible.")
    ] = 200,
    trials: Annotated[
        int | None, typer.Option(help="Of each run, instead of the spec's `limits.trials`.")
    ] = None,
    hours: Annotated[
        float | None, typer.Option(help="Of each run, instead of the spec's `limits.wall_clock`.")
    ] = None,
    at_once: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Runs that share one Ray at a time, 1 unless said otherwise; probes have their "
            "device alone all the same. Replays of a table: as many as there are cores.",
        ),
    ] = None,
    settings: Settings = None,
    directory: Annotated[Path | None, typer.Option("--dir", help="Where the runs go.")] = None,
    address: Address = None,
) -> None:
    """Run several strategies on the same sweep with the same seeds, and compare them.

    The same command continues it; finished runs are kept. `hyperwatt report` compares runs that
    are there already.
    """
    from . import comparing, show

    checked = load_spec(spec, settings or [])
    order = comparing.Order.of(
        checked, strategies, repeats,
        protocol=protocol, early_stopping=early_stopping, feasible=feasible, candidates=candidates,
        trials=trials, hours=hours, settings=settings or [], at_once=at_once,
    )  # fmt: skip
    folder = directory or Path("runs") / f"compare-{checked.name}"
    console = Console()
    with show.watching(console, live=order.one_at_a_time) as listener:
        outcome = comparing.carry_out(
            order, folder, address=address, listener=listener, log=show.lines(console)
        )
    raise typer.Exit(show.outcome(console, outcome, folder))
