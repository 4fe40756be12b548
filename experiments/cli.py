"""The commands: `hyperwatt run | resume | report | watch | compare | profile | predict | doctor`.

Exit codes: 0 done, 1 the sweep ended without a feasible network, a run of a comparison or a check
of `doctor` failed, 2 bad input, 130 interrupted (Ctrl-C).
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape

from ..constraints.errors import HyperwattError
from . import cli_reports
from .cli_options import Address, Settings
from .run_folder import RunFolder, new_folder
from .spec_fields import metric_names
from .spec_files import load_spec

if TYPE_CHECKING:
    from .sweep import Sweep

app = typer.Typer(
    help="Find the best neural network that fits the power, memory, latency and energy you have.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)

INTERRUPTED = 130
for tell in (cli_reports.report, cli_reports.watch, cli_reports.compare):
    app.command()(tell)


@app.command()
def run(
    spec: Annotated[
        str, typer.Argument(help="A YAML file, or a bundled spec (digits, hyperpower-mnist, ...).")
    ],
    settings: Settings = None,
    directory: Annotated[Path | None, typer.Option("--dir", help="Run directory.")] = None,
    address: Address = None,
) -> None:
    """Run a sweep."""
    from . import show, sweep

    checked = load_spec(spec, settings or [])
    folder = RunFolder(directory) if directory else new_folder(checked.name, datetime.now())
    console = Console()
    sweep.create(checked, folder, address=address)
    show.announce(console, checked, folder)
    raise typer.Exit(_conduct(console, folder, address))


@app.command()
def resume(
    run: Annotated[Path, typer.Argument(help="Run directory.")], address: Address = None
) -> None:
    """Continue a run that was interrupted, without repeating a finished trial."""
    raise typer.Exit(_conduct(Console(), RunFolder(run), address))


@app.command()
def profile(
    spec: Annotated[str, typer.Argument(help="A YAML file, or a bundled spec.")],
    candidates: Annotated[
        int, typer.Option("-n", "--candidates", min=10, help="Measured, none of them trained.")
    ] = 50,
    metrics: Annotated[
        str | None,
        typer.Option(help="Costs besides those with a bound, such as latency,memory."),
    ] = None,
    settings: Settings = None,
    directory: Annotated[Path | None, typer.Option("--dir", help="Run directory.")] = None,
    address: Address = None,
) -> None:
    """Measure candidates without training, judge predictors of their costs, and keep the best.

    Run it again with the same `--dir` to continue. A sweep starts from it with `profile.from`.
    """
    from . import show, show_costs
    from .profiling import as_profile, judge_profile, open_profile

    checked = as_profile(load_spec(spec, settings or []), candidates, metric_names(metrics))
    folder = RunFolder(directory) if directory else new_folder(f"profile-{checked.name}",
                                                               datetime.now())  # fmt: skip
    console = show_costs.wide_console()
    open_profile(checked, folder, address)
    show.announce(console, checked, folder)
    code = _conduct(console, folder, address, lambda done: show_costs.profiled(
        console, judge_profile(done)
    ))  # fmt: skip
    raise typer.Exit(code)


@app.command()
def predict(
    spec: Annotated[
        str | None, typer.Argument(help="A YAML file, or a bundled spec, of a space of networks.")
    ] = None,
    module: Annotated[
        str | None, typer.Option(help="Any network instead: `package.module:callable`.")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A hyper-parameter of the network."),
    ] = None,
    input_shape: Annotated[
        str | None, typer.Option("--input", help="Of one item, for --module: 3x224x224.")
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Items a batch, for --module.")] = 1,
    measured: Annotated[
        Path | None,
        typer.Option("--profile", help="Run of `hyperwatt profile`, for time, energy and power."),
    ] = None,
    training: Annotated[bool, typer.Option("--training", help="A training step too.")] = False,
) -> None:
    """Tell what a network would cost, layer by layer, without weights and without the device."""
    from . import asked_network, show_costs
    from .foreseeing import DeviceProfile, foresee

    given = settings or []
    profile = None if measured is None else DeviceProfile.find(measured)
    device = None if profile is None else profile.device
    if (module is None) == (spec is None):
        raise typer.BadParameter("name either a spec, or a network with --module")
    if module is not None:
        if training:
            raise typer.BadParameter("--training needs a spec, which says how to train")
        shape = asked_network.parse_shape(input_shape)
        asked = asked_network.of_module(module, given, shape, batch, device)
    else:
        if input_shape is not None or batch != 1:
            raise typer.BadParameter("--input and --batch are for --module; a spec has its own")
        asked = asked_network.of_spec(load_spec(spec or ""), given, training, device)
    outlook = foresee(asked.trace, profile, asked.hyper_parameters, network=asked.network)
    raise typer.Exit(show_costs.foreseen(show_costs.wide_console(), asked.title, outlook))


@app.command()
def doctor(
    self_test: Annotated[
        bool,
        typer.Option(
            "--self-test",
            help="Check each energy counter against the power shown: half a minute a device.",
        ),
    ] = False,
) -> None:
    """Show what this machine can measure and train on, how, and what is missing."""
    from ..workers.meters.survey import survey
    from . import doctor as checks
    from . import show

    console, devices = Console(), list(survey())
    show.surveyed(console, devices)
    tests = checks.self_tests(devices) if self_test else ()
    raise typer.Exit(show.examined(console, [*checks.examine(), *tests]))


def _conduct(
    console: Console,
    folder: RunFolder,
    address: str | None,
    conclude: Callable[[Sweep], int] | None = None,
) -> int:
    """Run a sweep to its end; Ctrl-C, whenever it comes, says how to go on."""
    from . import show, sweep

    try:
        with show.watching(console) as listener:
            done = sweep.resume(folder, address=address, listener=listener)
        if conclude is None or not done.finished:
            return show.conclude(console, done)
        return conclude(done)
    except KeyboardInterrupt:
        return show.interrupted(console, folder)


def main() -> None:
    """Run the command line; our errors become one message and an exit code."""
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # torch's profiler is chatty on stderr
    try:
        code = app(standalone_mode=False)
    except HyperwattError as error:
        Console(stderr=True).print(
            f"[red]error:[/] {escape(str(error))}", highlight=False, soft_wrap=True
        )
        sys.exit(2)
    except (typer.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except Exception as error:
        sys.exit(_usage_or_fault(error))
    sys.exit(code or 0)


def _usage_or_fault(error: Exception) -> int:
    """A wrong command line shows its own message; anything else is a fault of ours."""
    if hasattr(error, "show") and hasattr(error, "exit_code"):
        error.show()
        return int(error.exit_code)
    traceback.print_exception(error)
    return 70
