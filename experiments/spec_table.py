"""The `table` section of a spec: a recording that is searched instead of training.

A value is `offset + scale * column`, so that a column of accuracies in percent becomes an error by
`{column: accuracy, scale: -0.01, offset: 1}` and one of milliseconds a latency by `scale: 0.001`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, PositiveInt, StrictBool

from .spec_fields import Duration, MetricName, Section


class ColumnSpec(Section):
    """A column of the table, and how its numbers become SI values."""

    column: str
    scale: float = 1.0
    offset: float = 0.0


class TableEpochSpec(Section):
    """What a training has reported after some epoch.

    Attributes:
        epoch: from 1.
        time: of training since its begin: recorded in a column, or assumed to be the same for all.
        metrics: reported then.
    """

    epoch: PositiveInt
    time: ColumnSpec | Duration
    metrics: dict[MetricName, ColumnSpec] = Field(min_length=1)


class TableSpec(Section):
    """A recording of what candidates cost and how their training went.

    Attributes:
        path: of a CSV or Parquet file with a column for each parameter of the space.
        partial: only the rows are candidates; otherwise every point of the space must be a row.
        costs: by metric.
        probe_time: that measuring a candidate is taken to last.
        epochs: of a training, in order.
        chance_error: of guessing, for early stopping at chance level.
        test_error: that a confirmation reads.
    """

    path: str
    partial: StrictBool = False
    costs: dict[MetricName, ColumnSpec] = Field(default_factory=dict)
    probe_time: Duration = 10.0
    epochs: Annotated[list[TableEpochSpec], Field(min_length=1)]
    chance_error: float | None = Field(None, gt=0, le=1)
    test_error: ColumnSpec | None = None
