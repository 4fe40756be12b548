"""One self-contained HTML page of titled sections; all text is escaped."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

import pandas as pd
from jinja2 import Environment
from matplotlib.figure import Figure

from .plots import to_png


@dataclass(frozen=True)
class Section:
    """A part of a page.

    Attributes:
        title: of the part.
        lines: paragraphs.
        columns: of the table.
        rows: of the table.
        image: PNG in base64; empty for none.
    """

    title: str
    lines: Sequence[str] = ()
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    image: str = ""


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


def render(title: str, headline: str, sections: Sequence[Section]) -> str:
    """The page."""
    template = (files(__package__) / "report.html.jinja").read_text()
    environment = Environment(autoescape=True)
    return environment.from_string(template).render(
        title=title, headline=headline, sections=sections
    )


def _cell(value: object) -> str:
    if value is None or (isinstance(value, float) and value != value):
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
