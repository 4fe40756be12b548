"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a value of the spec.")
]
Address = Annotated[str | None, typer.Option(help="A Ray cluster (`auto` finds one).")]
