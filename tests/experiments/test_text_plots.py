from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hyperwatt.constraints.objective import Objective
from hyperwatt.experiments.curves import Curve
from hyperwatt.experiments.quality import Quality
from hyperwatt.experiments.reporting.text_plots import (
    STEPS,
    WIDTH,
    incumbent_lines,
    share_line,
    sparkline,
)

QUALITY = Quality((Objective("error"),), np.zeros(1), np.ones(1))


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True, width=32)).map(np.array))
def test_a_bar_is_as_high_as_its_value(values: np.ndarray) -> None:
    bars = sparkline(values)

    assert len(bars) == len(values)
    known = [(v, STEPS.index(b)) for v, b in zip(values, bars, strict=True) if np.isfinite(v)]
    known.sort()
    assert all(a[1] <= b[1] for a, b in pairwise(known))


def test_the_lines_tell_where_it_began_and_where_it_is() -> None:
    best = np.array([np.nan, np.nan, 0.5, 0.25])
    curve = Curve(np.arange(4.0), np.array([0.0, 60.0, 120.0, 300.0]), best, np.arange(4.0))

    lines = incumbent_lines(curve, QUALITY)

    assert lines[0].startswith("trainings 0 ")
    assert lines[1].endswith("5 min")
    assert lines[2] == "first 50.00%, now 25.00%"
    assert incumbent_lines(Curve(*(np.full(4, np.nan),) * 4), QUALITY) == []


def test_a_share_is_drawn_with_what_is_allowed() -> None:
    assert share_line(0.5).count("█") == WIDTH // 2
    assert share_line(0.0, 0.05)[round(0.05 * WIDTH)] == "|"
    assert len(share_line(2.0, 2.0)) == WIDTH
