"""One self-contained HTML page of titled sections; all text is escaped, and nothing is fetched.

Text and small tables are in the page as they are; the plots and the searchable table of trials are
drawn by the page itself (`report.js`) from data that stand in it once.
"""

from __future__ import annotations

import json
import math
import re
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any

import pandas as pd
import vl_convert
from jinja2 import Environment
from markupsafe import Markup
from matplotlib.figure import Figure

from ..plots import to_png
from ..report_table import Table
from .columns import Column
from .drawing import LOOK, Data, Drawing


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Attributes:
        title: of the part; empty for none.
        lines: paragraphs.
        columns: of the table.
        rows: of the table.
        image: PNG in base64; empty for none.
        drawings: interactive plots.
        wide: whether each plot takes the whole width.
        note: below it all.
        code: shown if asked for.
        minor: a part of the section before, which the page's list of contents leaves out.
    """

    title: str
    lines: Sequence[str] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    image: str = ""
    drawings: Sequence[Drawing] = ()
    wide: bool = False
    note: str = ""
    code: str = ""
    minor: bool = False

    @property
    def anchor(self) -> str:
        """What a link to it says."""
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")


@dataclass(frozen=True)
class Card:
    """One figure that is seen first.

    Attributes:
        title: what it is.
        value: with its unit.
        note: what must be said of it.
        share: of a budget that it uses; None without one.
    """

    title: str
    value: str
    note: str = ""
    share: float | None = None


@dataclass(frozen=True, eq=False)
class Page:
    """All of a page.

    Attributes:
        title: of it.
        headline: its first sentence.
        sections: in order.
        states: words on how things stand, with a kind each: empty, `running` or `warned`.
        cards: what is seen first.
        data: by name, of the plots.
        columns: of the searchable table of trials; none without one.
        table: name of its data, whose rows have a `yaml` and a `point` to be copied.
        kinds: words that the table may be narrowed to.
        command: what a row's `point` is appended to.
        version: of what is shown, on a page that follows a run; empty on one that does not.
    """

    title: str
    headline: str
    sections: Sequence[Section]
    states: Sequence[tuple[str, str]] = ()
    cards: Sequence[Card] = ()
    data: Data = field(default_factory=dict)
    columns: Sequence[Column] = ()
    table: str = ""
    kinds: Sequence[str] = ()
    command: str = ""
    version: str = ""

    @property
    def drawings(self) -> list[Drawing]:
        """All plots, in the order of the page."""
        return [drawn for section in self.sections for drawn in section.drawings]

    @property
    def made_by(self) -> str:
        """The version of the program."""
        return version("hyperwatt")


def picture(title: str, figure: Figure | None) -> list[Section]:
    """A figure as a section; nothing if there is none."""
    if figure is None:
        return []
    return [Section(title, image=b64encode(to_png(figure)).decode())]


def table(title: str, frame: pd.DataFrame) -> list[Section]:
    """A table as a section; nothing if it is empty."""
    if frame.empty:
        return []
    rows = [[_cell(value) for value in row] for row in frame.itertuples(index=False)]
    return [Section(title, columns=list(frame.columns), rows=rows)]


def listed(one: Table) -> list[Section]:
    """A table with its note, as a part of the section before; nothing if it is empty."""
    return [replace(made, note=one.note, minor=True) for made in table(one.title, one.shown)]


def render(page: Page) -> str:
    """The page as HTML."""
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(_part("report.html.jinja")).render(
        page=page, css=Markup(_part("report.css")), js=Markup(_part("report.js")),
        vega=Markup(_vega() if page.drawings else ""), data=Markup(_embedded(page)),
    )  # fmt: skip


def _embedded(page: Page) -> str:
    """The data of a page as JSON in which nothing can end its element."""
    drawings = {
        drawn.name: {"spec": drawn.spec, "used": sorted(drawn.used)} for drawn in page.drawings
    }
    columns = [{"key": column.key, "title": column.title} for column in page.columns]
    held = {
        "drawings": drawings, "data": page.data, "look": LOOK, "columns": columns,
        "table": page.table, "command": page.command,
    }  # fmt: skip
    text = _json(held)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _json(held: Any) -> str:
    """As JSON, which has no word for what is not finite: it is left out."""
    try:
        return json.dumps(held, allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    except ValueError:
        return _json(_finite(held))


def _finite(held: Any) -> Any:
    if isinstance(held, Mapping):
        return {key: _finite(value) for key, value in held.items()}
    if isinstance(held, list | tuple):
        return [_finite(value) for value in held]
    return None if isinstance(held, float) and not math.isfinite(held) else held


@cache
def _vega() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, which defines `vegaEmbed`."""
    snippet: Any = None  # the whole, which its type leaves out
    return str(vl_convert.javascript_bundle(snippet)).replace("</script", "<\\/script")


@cache
def _part(name: str) -> str:
    return (files(__package__) / name).read_text(encoding="utf-8")


def _cell(value: object) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
