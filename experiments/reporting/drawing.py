"""One plot as a Vega-Lite specification, for the page, for print and for slides.

The data stand beside it, by name, so that the plots of a page share them. Colours are Okabe and
Ito's, safe for the colour-blind; what a colour says is said by a shape or a place as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import vl_convert

BLUE, VERMILION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY, GREY = "#E69F00", "#56B4E9", "#8A8A8A"
COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, GREY)
HEIGHT = 260  # pixels; a plot is as wide as there is room
PRINT_WIDTH, PRINT_SCALE = 460, 3.0  # pixels, and how much finer a PNG is: 300 dots an inch
LOOK: dict[str, Any] = {
    "axis": {"grid": True, "gridOpacity": 0.35, "titleFontWeight": "normal", "labelLimit": 140},
    "legend": {"orient": "top", "title": None, "labelLimit": 240, "symbolOpacity": 1},
    "view": {"stroke": None},
    "range": {"category": list(COLOURS)},
    "font": "system-ui, sans-serif",
}

Rows = list[dict[str, Any]]
Data = Mapping[str, Rows]


@dataclass(frozen=True, eq=False)
class Drawing:
    """A plot.

    Attributes:
        name: of its files, unique on a page.
        title: for people.
        spec: Vega-Lite, its data by name.
        note: what must be said of it.
    """

    name: str
    title: str
    spec: Mapping[str, Any]
    note: str = ""

    @property
    def used(self) -> set[str]:
        """Names of the data that it asks for, beside what little it brings along."""
        return _named_data(self.spec) - set(self.spec.get("datasets", {}))


def drawing(name: str, title: str, chart: alt.TopLevelMixin, note: str = "") -> Drawing:
    """A chart that fills the width there is.

    Args:
        name: of its files.
        title: for people.
        chart: of one view or of layers, its data by name.
        note: what must be said of it.
    """
    spec = chart.to_dict(validate=False)  # a test validates them; here it would take half the time
    spec.pop("config", None)
    return Drawing(name, title, {"width": "container", "height": HEIGHT, **spec}, note)


def tips(*shown: str | alt.Tooltip) -> list[alt.Tooltip]:
    """What is told of a mark that is pointed at; fields are named with their types, as `id:N`."""
    return [alt.Tooltip(one) if isinstance(one, str) else one for one in shown]


def rule(**where: float) -> alt.Chart:
    """A line at a value: `x`, `y`, or from (`x`, `y`) to (`x2`, `y2`); in units of the axes."""
    ends = {channel: alt.datum(value) for channel, value in where.items()}
    line: alt.Chart = alt.Chart(alt.InlineData([{}])).mark_rule().encode(**ends)
    return line


def to_svg(drawn: Drawing, data: Data) -> str:
    """The plot as an SVG file, without a browser or a network."""
    return vl_convert.vegalite_to_svg(_for_print(drawn, data))


def to_png(drawn: Drawing, data: Data) -> bytes:
    """The plot as a PNG file, without a browser or a network."""
    return vl_convert.vegalite_to_png(_for_print(drawn, data), scale=PRINT_SCALE)


def _for_print(drawn: Drawing, data: Data) -> dict[str, Any]:
    used = drawn.spec.get("datasets", {}) | {name: data[name] for name in drawn.used}
    title = {"text": drawn.title, "anchor": "start", "fontWeight": "normal"}
    return {
        **drawn.spec, "width": PRINT_WIDTH, "title": title, "datasets": used,
        "config": LOOK, "background": "white",
    }  # fmt: skip


def _named_data(spec: Any) -> set[str]:
    if isinstance(spec, Mapping):
        own = spec.get("data")
        name = own.get("name") if isinstance(own, Mapping) else None
        return ({name} if name else set()).union(*map(_named_data, spec.values()))
    if isinstance(spec, Sequence) and not isinstance(spec, str):
        return set().union(*map(_named_data, spec))
    return set()
